"""Short ways for any test to have people: `make_member("coordinator")` is a coordinator at a fresh hospital."""

from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password

from huizhen.people.accounts.models import Account
from huizhen.people.accounts.queries import blind_phone
from huizhen.people.credentials.models import Practitioner, Specialty
from huizhen.people.organisations.models import Membership, Organisation

PASSWORD = "county-hospital-17"
_serial = count(1)


def make_organisation(
    name: str = "",
    *,
    kind: str = "hospital",
    parent: Organisation | None = None,
    is_centre: bool = False,
    code: str = "",
) -> Organisation:
    """An organisation, a hospital without a parent unless told otherwise."""
    number = next(_serial)
    made = Organisation.objects.create(
        name=name or f"第{number}人民医院", kind=kind, parent=parent, is_centre=is_centre, code=code or f"T{number:05d}"
    )
    made.refresh_from_db(fields=["path"])
    return made


def make_account(
    name: str = "", *, kind: str = "staff", username: str = "", password: str = PASSWORD, phone: str = "", **fields: Any
) -> Account:
    """An account that can log in: staff with `PASSWORD`, a patient by phone code."""
    number = next(_serial)
    phone = phone or f"+86138{number:08d}"
    account = Account(kind=kind, name=name or f"测试{number}", username=username or f"{kind}-{number}", **fields)
    account.phone, account.phone_index = phone, blind_phone(phone)
    account.password = _hashed(password if kind == "staff" else None)
    account.save()
    return account


@cache
def _hashed(password: str | None) -> str:
    """Hashing is slow on purpose; tests do it once."""
    return make_password(password)


def make_member(
    role: str,
    organisation: Organisation | None = None,
    *,
    account: Account | None = None,
    name: str = "",
    **fields: Any,
) -> Membership:
    """A membership with its account (`.account`) and organisation (`.organisation`), made where not given."""
    account = account or make_account(name, **fields)
    return Membership.objects.create(account=account, organisation=organisation or make_organisation(), role=role)


def make_practitioner(
    organisation: Organisation | None = None,
    *,
    account: Account | None = None,
    name: str = "",
    title: str = "chief",
    specialties: tuple[str, ...] = ("呼吸内科专业",),
    role: str = "expert",
    **fields: Any,
) -> Practitioner:
    """A doctor with specialties (by Chinese name, made where missing) who holds `role` at the organisation."""
    organisation = organisation or make_organisation()
    member = make_member(role, organisation, account=account, name=name)
    doctor = Practitioner.objects.create(account=member.account, organisation=organisation, title=title, **fields)
    for specialty in specialties:
        found, _made = Specialty.objects.get_or_create(
            name=specialty, defaults={"code": f"T{next(_serial)}", "name_en": specialty}
        )
        doctor.specialties.add(found)
    return doctor
