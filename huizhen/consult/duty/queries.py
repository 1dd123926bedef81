"""Reads of the roster and of rings."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from huizhen.consult.duty.models import DutyShift, Ring, RingState, Unheard
from huizhen.consult.duty.rules import OnDuty


def list_on_duty(centre_id: UUID, *, at: datetime) -> list[OnDuty]:
    """Who is on duty at a moment, in the order of ringing; each once."""
    rows = _standing(at).filter(centre_id=centre_id).order_by("place", "starts_at", "id")
    found: dict[UUID, OnDuty] = {}
    for account_id, patience in rows.values_list("account_id", "patience"):
        found.setdefault(account_id, OnDuty(account_id, patience))
    return list(found.values())


def list_shifts(centre_ids: list[UUID], *, since: datetime) -> list[DutyShift]:
    """The standing shifts that are not over, the first first."""
    rows = DutyShift.objects.filter(centre_id__in=centre_ids, cancelled_at__isnull=True, ends_at__gt=since)
    return list(rows.select_related("account").order_by("starts_at", "place"))


def list_ringing(account_id: UUID) -> list[Ring]:
    """The rings that wait for somebody's answer, the oldest first."""
    rows = Ring.objects.filter(account_id=account_id, state=RingState.RINGING)
    return list(rows.select_related("case").order_by("rung_at"))


def list_rings(case_ids: list[UUID]) -> list[Ring]:
    """Everybody rung for these cases, in order."""
    return list(
        Ring.objects.filter(case_id__in=case_ids).select_related("account", "case").order_by("case_id", "number")
    )


def list_recent_rings(centre_ids: list[UUID], *, most: int = 20) -> list[Ring]:
    """The last rings of centres."""
    rows = Ring.objects.filter(case__team_organisation_id__in=centre_ids).select_related("account", "case")
    return list(rows.order_by("-rung_at", "-number")[:most])


def list_overdue(at: datetime) -> list[UUID]:
    """Cases with a ring whose time is over."""
    rows = Ring.objects.filter(state=RingState.RINGING, next_at__lte=at)
    return sorted(set(rows.values_list("case_id", flat=True)))


def list_unheard(at: datetime) -> list[UUID]:
    """Urgent consultations that still wait for their report, that nobody has taken and nobody is rung for, though
    somebody is on duty who has not been rung for them: whoever came on duty after the last ring."""
    not_rung = ~Exists(Ring.objects.filter(case_id=OuterRef(OuterRef("pk")), account_id=OuterRef("account_id")))
    rows = Unheard.objects.filter(
        Exists(_standing(at).filter(not_rung, centre_id=OuterRef("case__team_organisation_id"))),
        case__deadlines__name="report", case__deadlines__ended_at__isnull=True,
    )  # fmt: skip
    return list(rows.order_by("case__opened_at", "case_id").values_list("case_id", flat=True))


def list_settled() -> list[UUID]:
    """Cases that waited for whoever comes on duty, and are closed or no longer urgent."""
    rows = Unheard.objects.exclude(case__urgency="urgent", case__closed_at__isnull=True)
    return list(rows.values_list("case_id", flat=True))


def _standing(at: datetime) -> QuerySet[DutyShift]:
    return DutyShift.objects.filter(
        cancelled_at__isnull=True, starts_at__lte=at, ends_at__gt=at, account__is_active=True
    )
