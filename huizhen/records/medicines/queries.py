"""Reads of medicines."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import QuerySet

from huizhen.records.acting import day_of
from huizhen.records.medicines.models import Medicine, MedicineCorrection, Status

STATUSES = Status.choices  # what a form offers


def medicines_of(patient_ids: Collection[UUID]) -> QuerySet[Medicine]:
    """All medicines in sight of a person (`Patient.person_ids`)."""
    found = Medicine.objects.filter(patient_id__in=patient_ids).exclude(status=Status.MISTAKE)
    return found.select_related("recorded_by")


def in_order(rows: Iterable[Medicine]) -> list[Medicine]:
    """What is taken now first; within that what was begun last."""
    latest = sorted(rows, key=lambda row: (row.starts_on or day_of(row.recorded_at), row.id), reverse=True)
    return sorted(latest, key=lambda row: row.status != Status.ACTIVE)


def list_corrections(medicine: Medicine) -> list[MedicineCorrection]:
    """What was corrected about a medicine, the latest first. `medicine` was loaded by `access_medicine`."""
    return list(medicine.corrections.select_related("actor").order_by("-version", "field"))
