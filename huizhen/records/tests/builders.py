"""Short ways for any test to have patients, consents and images: `make_patient()` is somebody at a fresh hospital."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from huizhen.kernel import clock
from huizhen.kernel.ids import check_character
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_account, make_organisation
from huizhen.records.consent.models import Consent
from huizhen.records.imaging.samples import ChestCT, Person, chest_ct, pack
from huizhen.records.patients.models import Guardian, Patient
from huizhen.records.patients.queries import index_identity, index_name, index_phone

_serial = count(1)


def make_number(birth_on: date = date(1958, 4, 12), sex: str = "female", region: str = "110101") -> str:
    """A valid resident identity number that no test had before."""
    order = (next(_serial) * 2 + (sex == "male")) % 1000
    body = f"{region}{birth_on:%Y%m%d}{order:03d}"
    return body + check_character(body)


def make_patient(
    organisation: Organisation | None = None,
    *,
    name: str = "",
    birth_on: date = date(1958, 4, 12),
    sex: str = "female",
    phone: str = "",
    identity_number: str = "",
    account: Any = None,
) -> Patient:
    """A registered patient with a resident number; `account` is the patient's own log-in."""
    name = name or f"患者{next(_serial)}"
    number = identity_number or make_number(birth_on, sex)
    return Patient.objects.create(
        organisation=organisation or make_organisation(), name=name, name_index=index_name(name),
        identity_kind="resident", identity_number=number, identity_index=index_identity("resident", number),
        phone=phone, phone_index=index_phone(phone), sex=sex, birth_on=birth_on, account=account,
        registered_at=clock.now(),
    )  # fmt: skip


def make_guardian(patient: Patient, account: Any = None, relation: str = "child") -> Guardian:
    """Somebody who acts for the patient."""
    account = account or make_account(kind="patient")
    return Guardian.objects.create(patient=patient, account=account, relation=relation, since=clock.now())


def make_consent(
    patient: Patient,
    *,
    account: Any = None,
    organisation: Organisation | None = None,
    case: Any = None,
    scope: Collection[str] = ("documents", "imaging", "summary"),
    at: datetime | None = None,
    until: datetime | None = None,
) -> Consent:
    """A consent in force, given by the patient online. The grantee is one of account, organisation, or the case."""
    at = at or clock.now()
    giver = patient.account or make_account(kind="patient")
    return Consent.objects.create(
        patient=patient, scope=list(scope), purpose="consultation", account=account, organisation=organisation,
        case=case, given_at=at, given_by=giver, evidence="in_app", until=until or at + timedelta(days=30),
    )  # fmt: skip


def make_ct(
    patient: Patient | None = None, *, slices: int = 4, size: int = 32, seed: str = ""
) -> list[tuple[str, bytes]]:
    """The files of a small synthetic CT, with the patient's data in the headers where one is given."""
    person = Person(patient.name, "T-1", patient.birth_on, patient.sex) if patient else NOBODY
    return list(chest_ct(ChestCT(person, date(2026, 2, 3), seed or f"test-{next(_serial)}", slices, size)))


def make_zip(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of these files."""
    return pack(files)


NOBODY = Person("Nobody", "T-0", date(1958, 4, 12), "female")
