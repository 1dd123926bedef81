"""Reads of referrals."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from huizhen.consult.contracts.queries import get_terms
from huizhen.consult.joint.aftercare.models import Course
from huizhen.consult.referrals.flow import RECEIVER, RECEIVING
from huizhen.consult.referrals.models import Referral
from huizhen.kernel.flow.models import Participant
from huizhen.kernel.flow.queries import list_participants
from huizhen.people.organisations.queries import (
    Colleague,
    get_full_name,
    get_node,
    list_at_hospital,
    list_organisations,
    members,
)
from huizhen.records.consent.models import Consent

COURSES = Course.choices  # what a form offers
PLACES = ("hospital", "department")
DOCTORS = ("expert", "applicant", "department_head")
MOST = 100


def get_referral(case_id: UUID) -> Referral | None:
    """The referral of a case, with the consultation it comes from."""
    found = _detailed().prefetch_related("application__materials")
    return found.filter(case_id=case_id).first()


def get_open(application_id: UUID) -> Referral | None:
    """The referral of a consultation that is on its way."""
    return _detailed().filter(application_id=application_id, case__closed_at=None).first()


def list_of(application_id: UUID) -> list[Referral]:
    """The referrals of a consultation, the latest first."""
    return list(_detailed().filter(application_id=application_id).order_by("-case__opened_at"))


def list_of_cases(case_ids: Iterable[UUID]) -> dict[UUID, Referral]:
    """Referrals by their case, for rows of a list."""
    return {one.case_id: one for one in _detailed().filter(case_id__in=list(case_ids))}


def list_received(place_ids: Collection[UUID], *, closed: bool = False) -> list[Referral]:
    """What was sent to these organisations: open, due first; or ended, the latest first."""
    found = _detailed().filter(case__team_organisation_id__in=place_ids, signed_at__isnull=False)
    if closed:
        return list(found.filter(case__closed_at__isnull=False).order_by("-case__closed_at")[:MOST])
    return list(found.filter(case__state__in=RECEIVING).order_by("case__due_at", "id")[:MOST])


def list_written(account_id: UUID) -> list[Referral]:
    """What this doctor wrote, open ones first."""
    found = _detailed().filter(doctor_id=account_id)
    return list(found.order_by("-case__closed_at", "-case__opened_at")[:MOST])


def following(case_id: UUID) -> Q:
    """The condition on cases that are referrals from this consultation: a consent for one opens its material."""
    return Q(referral__application__case_id=case_id)


def get_consent(referral: Referral, *, at: datetime) -> Consent | None:
    """The patient's consent to this referral, while it is in force."""
    found = Consent.objects.filter(case_id=referral.case_id, withdrawn_at=None, until__gt=at)
    return found.order_by("-given_at").first()


def find_receiver(place_id: UUID) -> UUID | None:
    """Whose coordinators take what is sent to a place: its own, else those of its hospital above; nothing where the
    hospital has none."""
    node = get_node(place_id)
    for step in reversed(node.path if node else ()):
        if members("coordinator", step):
            return step
        if getattr(get_node(step), "kind", "") == "hospital":
            return None
    return None


def list_doctors(referral: Referral) -> list[Colleague]:
    """The doctors at the receiving hospital, all its departments, whom its coordinators may name; by name."""
    place = referral.case.team_organisation_id
    return list_at_hospital(place, DOCTORS) if place else []


def find_doctor(case_id: UUID) -> Participant | None:
    """The doctor named by the receiving hospital, for as long as the referral lasts."""
    return next((one for one in list_participants(case_id) if one.capacity == RECEIVER), None)


def list_targets(asking_id: UUID, *, at: datetime) -> list[tuple[UUID, str]]:
    """Hospitals and departments that an organisation may refer to: its contracts say so, and somebody there takes it.
    By name."""
    rows = list_organisations().filter(kind__in=PLACES).exclude(id=asking_id)
    places = [row.id for row in rows if find_receiver(row.id) is not None]
    terms = get_terms(asking_id, places, urgent=False, at=at)
    return sorted(
        ((key, get_full_name(key)) for key in places if terms[key].why != "no_contract"), key=lambda pair: pair[1]
    )


def _detailed() -> QuerySet[Referral]:
    return Referral.objects.select_related(
        "case", "case__owner", "application__case", "application__patient", "application__specialty", "doctor",
        "target", "file", "outcome_by",
    )  # fmt: skip
