"""Reads of possible duplicates and merges."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Q, Window

from huizhen.kernel.flow.models import Case
from huizhen.records.consent.models import Consent
from huizhen.records.documents.models import Document
from huizhen.records.imaging.models import ImagingStudy
from huizhen.records.merging.models import Likeness, Merge
from huizhen.records.merging.rules import list_reasons
from huizhen.records.patients.models import Patient
from huizhen.records.patients.queries import list_identity_indexes, survivors

MOST_ALIKE = 50


@dataclass(frozen=True)
class Contents:
    """How much lies in one record, apart from those joined to it."""

    documents: int
    studies: int
    cases: int
    consents: int


def find_alike(patient: Patient) -> list[tuple[Patient, list[str]]]:
    """The people who may be this one, each with the reasons; found by fingerprints, then looked at in plain."""
    alike = Q(name_index=patient.name_index, birth_on=patient.birth_on)
    if patient.phone_index:
        alike |= Q(phone_index=patient.phone_index) & (Q(birth_on=patient.birth_on) | Q(name_index=patient.name_index))
    if patient.identity_number:
        alike |= Q(identity_index__in=list_identity_indexes(patient.identity_number))
    found = Patient.objects.select_related("replaced_by").filter(alike, retired_at=None).order_by("registered_at")
    others = [one for one in survivors(found[:MOST_ALIKE]) if one.id not in patient.person_ids]
    return [(one, reasons) for one in others if (reasons := list_reasons(patient, one))]


def list_repeated() -> list[UUID]:
    """The patients who share name and birth date, or a phone number, with somebody: whom a sweep looks at."""
    there = Patient.objects.filter(retired_at=None, replaced_by=None).order_by()
    found: set[UUID] = set()
    for fields in (("name_index", "birth_on"), ("phone_index", "birth_on"), ("phone_index", "name_index")):
        known = there.filter(**{f"{field}__isnull": False for field in fields})
        alike = known.annotate(alike=Window(Count("id"), partition_by=[F(field) for field in fields]))
        found.update(alike.filter(alike__gt=1).values_list("id", flat=True))
    return sorted(found)


def list_open(organisation_ids: Collection[UUID], limit: int = 100) -> list[Likeness]:
    """Pairs to be compared whose people both are registered at these organisations, the latest first."""
    found = Likeness.objects.filter(
        outcome="open", first__organisation_id__in=organisation_ids, second__organisation_id__in=organisation_ids,
        first__replaced_by=None, second__replaced_by=None,
    )  # fmt: skip
    pairs = found.select_related("first__organisation", "second__organisation").order_by("-found_at", "id")
    return list(pairs[:limit])


def get_likeness(likeness_id: UUID) -> Likeness | None:
    """A pair with both people."""
    return Likeness.objects.select_related("first", "second").filter(id=likeness_id).first()


def find_likeness(first_id: UUID, second_id: UUID) -> Likeness | None:
    """The pair of these two, the smaller key first, if the rules or a person found it."""
    return Likeness.objects.filter(first_id=first_id, second_id=second_id).first()


def get_merge(merge_id: UUID) -> Merge | None:
    """A merge with both people."""
    return Merge.objects.select_related("survivor", "replaced", "merged_by", "undone_by").filter(id=merge_id).first()


def list_merges(patient: Patient, *, undone: bool = False) -> list[Merge]:
    """The merges that join records to this one, oldest first; those undone instead, where asked for."""
    found = Merge.objects.filter(Q(survivor=patient) | Q(replaced=patient), undone_at__isnull=not undone)
    found = found.select_related("survivor", "replaced__organisation", "merged_by", "undone_by")
    return list(found.order_by(F("merged_at"), "id"))


def get_contents(patient_id: UUID) -> Contents:
    """What lies in one record."""
    return Contents(
        documents=Document.objects.filter(patient_id=patient_id, removed_at=None).count(),
        studies=ImagingStudy.objects.filter(patient_id=patient_id).count(),
        cases=Case.objects.filter(patient_id=patient_id).count(),
        consents=Consent.objects.filter(patient_id=patient_id).count(),
    )
