"""Which emergency accesses hold now, and which wait for a verdict."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from huizhen.kernel import audit
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.organisations.models import Membership, Organisation
from huizhen.records.emergency.models import EmergencyAccess, Verdict
from huizhen.records.patients.models import Patient

MOST_LOOKS = 200
VERDICTS = [choice for choice in Verdict.choices if choice[0]]


def get_live(account_id: UUID | None, patient: Patient, *, at: datetime) -> EmergencyAccess | None:
    """The access under which this account may read this person's record now."""
    if account_id is None:
        return None
    found = EmergencyAccess.objects.filter(account_id=account_id, patient_id__in=patient.person_ids, until__gt=at)
    return found.exclude(verdict="unjustified").select_related("case").order_by("-until").first()


def get_access(case_id: UUID) -> EmergencyAccess | None:
    """The emergency access of a case."""
    found = EmergencyAccess.objects.select_related("case", "patient", "account", "judged_by")
    return found.filter(case_id=case_id).first()


def list_of_places(
    organisation_ids: Collection[UUID], *, judged: bool = False, limit: int = 100
) -> list[EmergencyAccess]:
    """Those of these organisations' patients: to be judged, what is due first in front; or judged, the latest first."""
    found = _detailed().filter(case__organisation_id__in=organisation_ids)
    if judged:
        return list(found.exclude(verdict="").order_by("-judged_at", "id")[:limit])
    return list(found.filter(verdict="").order_by("case__due_at", "id")[:limit])


def list_own(account_id: UUID, limit: int = 50) -> list[EmergencyAccess]:
    """What this account opened, the latest first."""
    return list(_detailed().filter(account_id=account_id).order_by("-opened_at", "id")[:limit])


def list_looks(found: EmergencyAccess) -> list[AuditEntry]:
    """What was read under this access, in order: each entry of the audit carries its key."""
    audit.gather()
    entries = AuditEntry.objects.filter(
        actor_id=found.account_id, patient_id__in=found.patient.person_ids, at__gte=found.opened_at,
        data__emergency=str(found.id),
    )  # fmt: skip
    return list(entries.exclude(action__startswith="records.emergency.").order_by("id")[:MOST_LOOKS])


def list_reasons(access_ids: Collection[str]) -> dict[str, str]:
    """Why doctors opened a record, by the key of the opening. It is the patient's to know."""
    found = EmergencyAccess.objects.filter(id__in=access_ids)
    return {str(one.id): one.reason for one in found}


def find_reviewers(organisation_id: UUID) -> UUID:
    """The nearest organisation, at or above this one, that has an audit administrator; else this one."""
    path = list(Organisation.objects.get(id=organisation_id).path)
    held = Membership.objects.filter(organisation_id__in=path, role="audit_admin", until=None)
    there = set(held.values_list("organisation_id", flat=True))
    return next((place for place in reversed(path) if place in there), organisation_id)


def _detailed() -> QuerySet[EmergencyAccess]:
    return EmergencyAccess.objects.select_related("case", "patient", "account", "judged_by")
