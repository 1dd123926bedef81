"""Writes to practitioners and to the catalogue of specialties."""

import csv
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotAllowed, may
from huizhen.people.credentials import access
from huizhen.people.credentials.models import Practitioner, PractitionerSpecialty, Specialty

CATALOGUE = Path(__file__).parent / "data" / "specialties.csv"


class UnknownSpecialty(ValueError):
    """A code that is not in the catalogue; the argument lists them."""


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
        NotAllowed: the actor does not look after practitioners of this organisation.
        UnknownSpecialty: a code that does not exist.
    """
    if not may(actor, access.MANAGE, organisation_id):
        raise NotAllowed(access.MANAGE)
    with transaction.atomic():
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
        _tell(actor, "people.practitioner.registered", doctor, at)
    return doctor


def change_practitioner(
    practitioner_id: UUID, *, specialties: Iterable[str], actor: Actor, at: datetime, **fields: Any
) -> Practitioner:
    """Change what is known about a doctor; `fields` are those of `register_practitioner`.

    Raises:
        NotVisible, NotAllowed: the actor does not look after this practitioner.
        UnknownSpecialty: a code that does not exist.
    """
    doctor = access.access_practitioner(actor, practitioner_id, to=access.MANAGE)
    if not may(actor, access.MANAGE, doctor.organisation_id):
        raise NotAllowed(access.MANAGE)
    with transaction.atomic():
        doctor = Practitioner.objects.select_for_update().get(pk=practitioner_id)
        for name, value in fields.items():
            setattr(doctor, name, value)
        doctor.save(update_fields=list(fields))
        _put_specialties(doctor, specialties)
        _tell(actor, "people.practitioner.changed", doctor, at)
    return doctor


def set_specialties(practitioner_id: UUID, specialties: Iterable[str], *, actor: Actor, at: datetime) -> Practitioner:
    """Replace a practitioner's specialties by these codes.

    Raises:
        NotVisible, NotAllowed: the actor does not look after this practitioner.
        UnknownSpecialty: a code that does not exist.
    """
    doctor = access.access_practitioner(actor, practitioner_id, to=access.MANAGE)
    if not may(actor, access.MANAGE, doctor.organisation_id):
        raise NotAllowed(access.MANAGE)
    with transaction.atomic():
        _put_specialties(doctor, specialties)
        _tell(actor, "people.practitioner.changed", doctor, at)
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
        doctor = Practitioner.objects.select_for_update().get(pk=practitioner_id)
        doctor.accepting, doctor.weekly_limit = accepting, weekly_limit
        doctor.save(update_fields=["accepting", "weekly_limit"])
        _tell(actor, "people.practitioner.changed", doctor, at)
    return doctor


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


def _tell(actor: Actor, action: str, doctor: Practitioner, at: datetime) -> None:
    audit.record(
        actor,
        action,
        subject_kind="practitioner",
        subject_id=doctor.pk,
        organisation_id=doctor.organisation_id,
        at=at,
    )
