"""Lists of entries, newest first, by cursor. Callers ask `audit.access` first."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from huizhen.kernel.audit.gathering import gather
from huizhen.kernel.audit.models import AuditEntry

LONGEST_PAGE = 200


@dataclass(frozen=True)
class Filters:
    """What an audit administrator may search by; None: anything. `action` also matches what lies below it:
    `records` finds `records.document.read`."""

    actor_id: UUID | None = None
    patient_id: UUID | None = None
    case_id: UUID | None = None
    action: str = ""
    subject_kind: str = ""
    subject_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


def list_for_patient(patient_ids: Collection[UUID], after: int | None = None, limit: int = 50) -> list[AuditEntry]:
    """谁看过我的病历: every entry about this person, newest first; `after` is the id of the last one seen.

    A person has one key, or several where records were merged.
    """
    return _page(AuditEntry.objects.filter(patient_id__in=patient_ids), after, limit)


def list_entries(
    organisation_ids: Iterable[UUID] | None, filters: Filters, after: int | None = None, limit: int = 50
) -> list[AuditEntry]:
    """Entries of these organisations and those of none (failed log-ins); organisations None: all, newest first."""
    found = AuditEntry.objects.all()
    if organisation_ids is not None:
        found = found.filter(Q(organisation_id__in=list(organisation_ids)) | Q(organisation_id__isnull=True))
    equal = {
        "actor_id": filters.actor_id,
        "patient_id": filters.patient_id,
        "case_id": filters.case_id,
        "subject_kind": filters.subject_kind,
        "subject_id": filters.subject_id,
        "at__gte": filters.since,
        "at__lt": filters.until,
    }
    found = found.filter(**{name: value for name, value in equal.items() if value})
    if filters.action:
        found = found.filter(Q(action=filters.action) | Q(action__startswith=filters.action.rstrip(".") + "."))
    return _page(found, after, limit)


def _page(found: QuerySet[AuditEntry], after: int | None, limit: int) -> list[AuditEntry]:
    gather()  # what was read a moment ago is in the list
    if after is not None:
        found = found.filter(id__lt=after)
    return list(found.order_by("-id")[: min(limit, LONGEST_PAGE)])
