"""Reads of calendars: two queries, however many doctors."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from huizhen.kernel.calendar.holidays import office
from huizhen.people.availability import rules
from huizhen.people.availability.models import Absence, AbsenceKind, WorkingHours
from huizhen.people.availability.rules import Calendar, Slot
from huizhen.people.credentials.models import Practitioner

KINDS = AbsenceKind.choices  # what a form offers
SHORTEST = timedelta(minutes=30)


def get_calendars(account_ids: Iterable[UUID], start: datetime, end: datetime) -> dict[UUID, Calendar]:
    """The week and the standing absences between two moments, for each account; an unknown one has office hours."""
    accounts = list(account_ids)
    weeks: dict[UUID, dict[int, tuple[rules.Stretch, ...]]] = {}
    hours = WorkingHours.objects.filter(practitioner__account_id__in=accounts).order_by("weekday", "opens")
    for account_id, weekday, opens, closes in hours.values_list(
        "practitioner__account_id", "weekday", "opens", "closes"
    ):
        week = weeks.setdefault(account_id, {})
        week[weekday] = (*week.get(weekday, ()), (opens, closes))
    away: dict[UUID, list[Slot]] = {}
    absences = Absence.objects.filter(
        practitioner__account_id__in=accounts, cancelled_at__isnull=True, ends_at__gt=start, starts_at__lt=end
    ).order_by("starts_at")
    for account_id, starts_at, ends_at in absences.values_list("practitioner__account_id", "starts_at", "ends_at"):
        away.setdefault(account_id, []).append(Slot(starts_at, ends_at))
    return {key: Calendar(weeks.get(key, {}), tuple(away.get(key, ()))) for key in accounts}


def is_away(account_id: UUID, *, at: datetime) -> bool:
    """Whether a doctor is absent now, or works here no more."""
    absent = Absence.objects.filter(
        practitioner__account_id=account_id, cancelled_at__isnull=True, starts_at__lte=at, ends_at__gt=at
    )
    return absent.exists() or not Practitioner.objects.filter(account_id=account_id, account__is_active=True).exists()


def get_first_free(
    account_ids: Iterable[UUID], at: datetime, *, length: timedelta = SHORTEST
) -> dict[UUID, datetime | None]:
    """For each account the first moment from `at` on with `length` of free time; nothing within thirty days: None."""
    open_hours = office()
    calendars = get_calendars(account_ids, at, at + rules.HORIZON)
    return {key: rules.first_free(open_hours, one, at, length=length) for key, one in calendars.items()}


def list_common_slots(
    account_ids: Iterable[UUID], start: datetime, end: datetime, *, length: timedelta, taken: Iterable[Slot] = ()
) -> list[Slot]:
    """When all of them are free at once, for at least `length`. `taken`: what is booked besides."""
    calendars = get_calendars(account_ids, start, end).values()
    return rules.common_slots(office(), calendars, start, end, length=length, taken=taken)


def list_absences(practitioner_id: UUID, *, since: datetime) -> list[Absence]:
    """A doctor's absences that are not over, cancelled ones left out, the next first."""
    rows = Absence.objects.filter(practitioner_id=practitioner_id, cancelled_at__isnull=True, ends_at__gt=since)
    return list(rows.select_related("entered_by").order_by("starts_at"))
