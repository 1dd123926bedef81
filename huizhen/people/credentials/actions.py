"""Writes to practitioners and to the catalogue of specialties."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotAllowed, NotVisible
from huizhen.people.credentials import access, queries, rules
from huizhen.people.credentials.models import Practitioner, PractitionerSpecialty, Specialty
from huizhen.people.seen import ChangedMeanwhile, check_seen

CHANGED = "people.practitioner.changed"
CATALOGUE = Path(__file__).parent / "data" / "specialties.csv"


class UnknownSpecialty(ValueError):
    """A code that is not in the catalogue; the argument lists them."""


class BadLicence(ValueError):
    """A licence that would end before it begins."""


def load_specialties() -> int:
    """Add what is missing of the national catalogue; what an operator renamed stays. Says how many were added."""
    with CATALOGUE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    known = set(Specialty.objects.values_list("code", flat=True)) | set(_names_in_use())
    new = [
        Specialty(code=row["code"], name=row["name"], name_en=row["name_en"], parent_id=_parent(row["code"]))
        for row in rows
        if row["code"] not in known and row["name"] not in known
    ]
    with transaction.atomic():
        Specialty.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def register_practitioner(
    account_id: UUID,
    organisation_id: UUID,
    *,
    title: str,
    actor: Actor,
    at: datetime,
    specialties: Iterable[str] = (),
    subspecialty: str = "",
    licence_number: str = "",
    licence_valid_from: date | None = None,
    licence_valid_until: date | None = None,
    practising_since: int | None = None,
    introduction: str = "",
    weekly_limit: int = 10,
) -> Practitioner:
    """Note that an account is a doctor; `specialties` are codes of the catalogue.

    Raises:
        NotVisible: no such member of staff.
        NotAllowed: the actor does not look after practitioners of this organisation, or not after this person.
        UnknownSpecialty: a code that does not exist.
        BadLicence: it ends before it begins.
        ChangedMeanwhile: somebody else has noted it already.
    """
    account = get_user_model().objects.filter(pk=account_id, kind="staff").first()
    if account is None:
        raise NotVisible(account_id)
    access.check_register(actor, account, organisation_id)
    with transaction.atomic(), _refusing():
        doctor = Practitioner.objects.create(
            account_id=account_id,
            organisation_id=organisation_id,
            title=title,
            subspecialty=subspecialty,
            licence_number=licence_number,
            licence_valid_from=licence_valid_from,
            licence_valid_until=licence_valid_until,
            practising_since=practising_since,
            introduction=introduction,
            weekly_limit=weekly_limit,
        )
        _put_specialties(doctor, specialties)
        _tell(actor, "people.practitioner.registered", doctor, {}, at)
    return doctor


def change_practitioner(
    practitioner_id: UUID, *, specialties: Iterable[str], actor: Actor, at: datetime, seen: str = "", **fields: Any
) -> Practitioner:
    """Change what is known about a doctor; `fields` are those of `register_practitioner`. `seen` is the stamp of
    `queries.describe` as the page showed it.

    Raises:
        NotVisible, NotAllowed: the actor does not look after this practitioner.
        UnknownSpecialty: a code that does not exist.
        BadLicence: it ends before it begins.
        ChangedMeanwhile: it is no longer as the page showed it.
    """
    _check_manage(actor, practitioner_id)
    with transaction.atomic(), _refusing():
        doctor, before = _hold(practitioner_id)
        check_seen(before, seen)
        for name, value in fields.items():
            setattr(doctor, name, value)
        doctor.save(update_fields=list(fields))
        _put_specialties(doctor, specialties)
        _tell(actor, CHANGED, doctor, before, at)
    return doctor


def set_specialties(practitioner_id: UUID, specialties: Iterable[str], *, actor: Actor, at: datetime) -> Practitioner:
    """Replace a practitioner's specialties by these codes.

    Raises:
        NotVisible, NotAllowed: the actor does not look after this practitioner.
        UnknownSpecialty: a code that does not exist.
    """
    _check_manage(actor, practitioner_id)
    with transaction.atomic():
        doctor, before = _hold(practitioner_id)
        _put_specialties(doctor, specialties)
        _tell(actor, CHANGED, doctor, before, at)
    return doctor


def set_accepting(
    practitioner_id: UUID, *, accepting: bool, weekly_limit: int, actor: Actor, at: datetime
) -> Practitioner:
    """Open or close the door to consultations: the doctor's own, or the administrator's.

    Raises:
        NotVisible, NotAllowed: neither.
    """
    access.access_practitioner(actor, practitioner_id, to=access.MANAGE)
    with transaction.atomic():
        doctor, before = _hold(practitioner_id)
        doctor.accepting, doctor.weekly_limit = accepting, weekly_limit
        doctor.save(update_fields=["accepting", "weekly_limit"])
        _tell(actor, CHANGED, doctor, before, at)
    return doctor


def _check_manage(actor: Actor, practitioner_id: UUID) -> None:
    """One's own page is no reason to change one's own title."""
    if not access.may_manage(actor, access.access_practitioner(actor, practitioner_id, to=access.MANAGE)):
        raise NotAllowed(access.MANAGE)


def _hold(practitioner_id: UUID) -> tuple[Practitioner, dict[str, Any]]:
    """Lock a practitioner, and say what stands there."""
    doctor = Practitioner.objects.select_for_update().get(pk=practitioner_id)
    return doctor, queries.describe(doctor)


@contextmanager
def _refusing() -> Iterator[None]:
    """What the database refuses about a practitioner, as our own errors."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise ChangedMeanwhile from error
        raise BadLicence from error


def _put_specialties(doctor: Practitioner, codes: Iterable[str]) -> None:
    wanted = set(codes)
    unknown = wanted - set(Specialty.objects.filter(code__in=wanted).values_list("code", flat=True))
    if unknown:
        raise UnknownSpecialty(sorted(unknown))
    held = PractitionerSpecialty.objects.filter(practitioner=doctor)
    held.exclude(specialty_id__in=wanted).delete()
    kept = set(held.values_list("specialty_id", flat=True))
    PractitionerSpecialty.objects.bulk_create(
        PractitionerSpecialty(practitioner=doctor, specialty_id=code) for code in sorted(wanted - kept)
    )


def _parent(code: str) -> str | None:
    return code.rpartition(".")[0] or None


def _names_in_use() -> list[str]:
    return list(Specialty.objects.values_list("name", flat=True))


def _tell(actor: Actor, action: str, doctor: Practitioner, before: dict[str, Any], at: datetime) -> None:
    changed = audit.compare(before, queries.describe(doctor))
    if "licence_number" in changed:  # sealed in its table, so not in plain here
        changed["licence_number"] = [number and rules.mask(number) for number in changed["licence_number"]]
    if before and not changed:
        return
    audit.record(
        actor,
        action,
        subject_kind="practitioner",
        subject_id=doctor.pk,
        organisation_id=doctor.organisation_id,
        data={"changed": changed},
        at=at,
    )
