"""Keeping a doctor's calendar. Every change leaves an audit entry, and the tables keep their history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit
from huizhen.kernel.access import Actor
from huizhen.people.availability import rules
from huizhen.people.availability.access import access_absence, access_calendar
from huizhen.people.availability.models import Absence, WorkingHours
from huizhen.people.credentials.models import Practitioner


class BadAbsence(ValueError):
    """The absence ends before it begins, or is over already."""


@transaction.atomic
def set_week(account_id: UUID, week: rules.Week, *, actor: Actor, at: datetime) -> None:
    """Replace a doctor's week; an empty one means the house's office hours.

    Raises:
        NotVisible: not the actor's to keep. BadWeek: stretches overlap or run backwards.
    """
    doctor = access_calendar(actor, account_id)
    rules.check_week(week)
    Practitioner.objects.select_for_update().get(pk=doctor.pk)
    before = _week(doctor)
    WorkingHours.objects.filter(practitioner=doctor).delete()
    WorkingHours.objects.bulk_create(
        WorkingHours(practitioner=doctor, weekday=weekday, opens=opens, closes=closes)
        for weekday, stretches in week.items()
        for opens, closes in stretches
    )
    _tell(actor, "people.availability.week_set", doctor, at, before, _week(doctor))


@transaction.atomic
def set_weekly_limit(account_id: UUID, limit: int, *, accepting: bool, actor: Actor, at: datetime) -> None:
    """How many consultations a week the doctor takes (0: no limit), and whether any at all.

    Raises:
        NotVisible: not the actor's to keep.
    """
    doctor = access_calendar(actor, account_id)
    held = Practitioner.objects.select_for_update(no_key=True).get(pk=doctor.pk)
    before = {"accepting": held.accepting, "weekly_limit": held.weekly_limit}
    Practitioner.objects.filter(pk=doctor.pk).update(weekly_limit=limit, accepting=accepting)
    after = {"accepting": accepting, "weekly_limit": limit}
    _tell(actor, "people.availability.limit_set", doctor, at, before, after)


@transaction.atomic
def add_absence(
    account_id: UUID, *, kind: str, starts_at: datetime, ends_at: datetime, actor: Actor, at: datetime
) -> Absence:
    """Note that a doctor cannot be asked for a while.

    Raises:
        NotVisible: not the actor's to keep. BadAbsence: it ends before it begins, or is over.
    """
    doctor = access_calendar(actor, account_id)
    if ends_at <= starts_at or ends_at <= at:
        raise BadAbsence(ends_at)
    made = Absence.objects.create(
        practitioner=doctor, kind=kind, starts_at=starts_at, ends_at=ends_at, entered_by_id=actor.account_id,
        entered_at=at,
    )  # fmt: skip
    _tell(actor, "people.availability.absence_added", doctor, at, {}, _describe(made))
    return made


@transaction.atomic
def cancel_absence(absence_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Take an absence back; taken back already, nothing happens.

    Raises:
        NotVisible: not the actor's to keep.
    """
    found = access_absence(actor, absence_id)
    if Absence.objects.filter(pk=found.pk, cancelled_at__isnull=True).update(cancelled_at=at):
        told = _describe(found)
        _tell(actor, "people.availability.absence_cancelled", found.practitioner, at, told, dict.fromkeys(told))


def _week(doctor: Practitioner) -> dict[str, str]:
    """The hours of each day as one reads them; an empty day follows the house's office hours or is free."""
    told = {f"day_{number}": "" for number in range(7)}
    for one in WorkingHours.objects.filter(practitioner=doctor).order_by("weekday", "opens"):
        name = f"day_{one.weekday}"
        told[name] = f"{told[name]} {one.opens:%H:%M}-{one.closes:%H:%M}".strip()
    return told


def _describe(absence: Absence) -> dict[str, str]:
    return {
        "absence": absence.kind, "from_moment": absence.starts_at.isoformat(),
        "until_moment": absence.ends_at.isoformat(),
    }  # fmt: skip


def _tell(
    actor: Actor,
    action: str,
    doctor: Practitioner,
    at: datetime,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    if changed := audit.compare(before, after):
        audit.record(
            actor, action, subject_kind="practitioner", subject_id=doctor.pk, organisation_id=doctor.organisation_id,
            data={"changed": changed}, at=at,
        )  # fmt: skip
