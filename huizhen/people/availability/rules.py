"""When somebody is free: pure reckoning over a week, absences and what is taken already. Local days are Shanghai's."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from huizhen.kernel.calendar.working import HOLIDAY, WORKDAY, ZONE, OfficeTime

MONDAY, WEEKDAYS = 0, 7
HORIZON = timedelta(days=30)
NOON = time(12)

Stretch = tuple[time, time]
Week = Mapping[int, tuple[Stretch, ...]]


class BadWeek(ValueError):
    """Two stretches of one day overlap, or one ends before it begins; the argument is the weekday."""


@dataclass(frozen=True)
class Slot:
    """A stretch of time, aware, in UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Calendar:
    """One person's week (empty: the house's office hours) and absences, standing ones only, in order."""

    week: Week = field(default_factory=dict)
    away: tuple[Slot, ...] = ()

    def absent_until(self, at: datetime) -> datetime | None:
        """When the absence that covers this moment ends."""
        return next((slot.ends_at for slot in self.away if slot.starts_at <= at < slot.ends_at), None)


def check_week(week: Week) -> None:
    """The stretches of each day are in order and apart.

    Raises:
        BadWeek: they are not.
    """
    for weekday, stretches in week.items():
        last = time.min
        for opens, closes in sorted(stretches):
            if not 0 <= weekday < WEEKDAYS or opens >= closes or (opens < last):
                raise BadWeek(weekday)
            last = closes


def hours_of(office: OfficeTime, week: Week, day: date) -> tuple[Stretch, ...]:
    """The hours somebody works on a day. Nobody works on a public holiday; on a weekend day that is worked instead
    (调休), who has no hours on that weekday works Monday's."""
    special = office.days.get(day)
    if special and special.kind == HOLIDAY:
        return ()
    if not week:
        return office.hours if office.is_working(day) else ()
    own = week.get(day.weekday(), ())
    return own or (week.get(MONDAY, ()) if special and special.kind == WORKDAY else ())


def free_slots(
    office: OfficeTime, calendar: Calendar, start: datetime, end: datetime, taken: Iterable[Slot] = ()
) -> Iterator[Slot]:
    """The free stretches between two moments, in order; `taken` is what is booked besides the absences."""
    blocks = sorted([*calendar.away, *taken], key=lambda slot: slot.starts_at)
    day, last = start.astimezone(ZONE).date(), end.astimezone(ZONE).date()
    while day <= last:
        for opens, closes in hours_of(office, calendar.week, day):
            since, until = max(_moment(day, opens), start), min(_moment(day, closes), end)
            yield from _cut(since, until, blocks)
        day += timedelta(days=1)


def first_free(
    office: OfficeTime, calendar: Calendar, at: datetime, *, length: timedelta, taken: Iterable[Slot] = ()
) -> datetime | None:
    """The first moment from `at` on with `length` of free time in one piece, within thirty days."""
    for slot in free_slots(office, calendar, at, at + HORIZON, taken):
        if slot.ends_at - slot.starts_at >= length:
            return slot.starts_at
    return None


def common_slots(
    office: OfficeTime,
    calendars: Iterable[Calendar],
    start: datetime,
    end: datetime,
    *,
    length: timedelta,
    taken: Iterable[Slot] = (),
) -> list[Slot]:
    """The stretches of at least `length` in which all of them are free, in order."""
    found, taken = [Slot(start, end)], list(taken)
    for calendar in calendars:
        own = list(free_slots(office, calendar, start, end, taken))
        found = [
            Slot(max(a.starts_at, b.starts_at), min(a.ends_at, b.ends_at))
            for a in found
            for b in own
            if a.starts_at < b.ends_at and b.starts_at < a.ends_at
        ]
    return [slot for slot in found if slot.ends_at - slot.starts_at >= length]


def part_of_day(moment: datetime) -> str:
    """`morning` or `afternoon` of the local day."""
    return "morning" if moment.astimezone(ZONE).time() < NOON else "afternoon"


def days_ahead(at: datetime, moment: datetime) -> int:
    """How many local days lie between two moments: 0 is today, 1 tomorrow."""
    return (moment.astimezone(ZONE).date() - at.astimezone(ZONE).date()).days


def _cut(since: datetime, until: datetime, blocks: list[Slot]) -> Iterator[Slot]:
    for block in blocks:
        if block.ends_at <= since or block.starts_at >= until:
            continue
        if block.starts_at > since:
            yield Slot(since, block.starts_at)
        since = max(since, block.ends_at)
    if since < until:
        yield Slot(since, until)


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZONE).astimezone(UTC)
