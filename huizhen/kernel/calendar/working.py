"""Pure reckoning in working time: no database, no clock. The days and the office hours are handed in.

All moments are aware; the answer is in UTC. A moment outside office hours counts as the end of the
hours before it, so Friday 20:00, Saturday and Sunday are all "Friday evening".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
SATURDAY = 5
HORIZON_DAYS = 3660
WEEKEND, HOLIDAY, WORKDAY = "weekend", "holiday", "workday"


class NoWorkingTime(ValueError):
    """The calendar has no working day within ten years: its days table cannot be right."""


@dataclass(frozen=True)
class Day:
    """A day that differs from its place in the week: a `holiday`, or a weekend day that is worked (`workday`, 调休)."""

    kind: str
    name: str
    name_en: str = ""


@dataclass(frozen=True)
class OfficeTime:
    """The days that differ, and the office hours of a working day, in order and apart."""

    days: Mapping[date, Day]
    hours: tuple[tuple[time, time], ...]

    def is_working(self, day: date) -> bool:
        """Whether the office is open on this day."""
        special = self.days.get(day)
        return special.kind == WORKDAY if special else day.weekday() < SATURDAY


def advance(office: OfficeTime, start: datetime, length: timedelta) -> datetime:
    """The earliest moment at which `length` of office time has passed since `start`.

    Raises:
        NoWorkingTime: the table leaves no working day.
    """
    left = length
    if not left:
        return start.astimezone(UTC)
    for opens, closes in _openings(office, start):
        here = max(opens, start)
        if here + left <= closes:
            return here + left
        left -= max(closes - here, timedelta())
    raise NoWorkingTime(start)


def elapsed(office: OfficeTime, start: datetime, end: datetime) -> timedelta:
    """How much office time lies between two moments; zero when they are the wrong way round."""
    total = timedelta()
    if end <= start:
        return total
    for opens, closes in _openings(office, start, end):
        total += max(min(closes, end) - max(opens, start), timedelta())
    return total


def add_days(office: OfficeTime, start: datetime, amount: int) -> datetime:
    """The same time of day, `amount` working days later, brought into the office hours.

    The day of the start is not counted. A start on a day off counts as the evening before it.

    Raises:
        NoWorkingTime: the table leaves no working day.
    """
    if not amount:
        return start.astimezone(UTC)
    local = start.astimezone(ZONE)
    at = local.time() if office.is_working(local.date()) else office.hours[-1][1]
    return _moment(_nth_working_day(office, local.date(), amount), _into_hours(office, at))


def _nth_working_day(office: OfficeTime, day: date, amount: int) -> date:
    found, empty = 0, 0
    while empty < HORIZON_DAYS:
        day += timedelta(days=1)
        empty += 1
        if office.is_working(day):
            found, empty = found + 1, 0
            if found == amount:
                return day
    raise NoWorkingTime(day)


def _into_hours(office: OfficeTime, at: time) -> time:
    """Within the hours: itself. In a break or before them: the next opening. After them: closing time."""
    for opens, closes in office.hours:
        if at <= closes:
            return max(at, opens)
    return office.hours[-1][1]


def _openings(office: OfficeTime, start: datetime, end: datetime | None = None) -> Iterator[tuple[datetime, datetime]]:
    """The office's openings from the day of `start` to the day of `end`; without `end`, while any are found."""
    day, empty = start.astimezone(ZONE).date(), 0
    last = end.astimezone(ZONE).date() if end else date.max
    while day <= last and empty < HORIZON_DAYS:
        empty += 1
        if office.is_working(day):
            empty = 0
            for opens, closes in office.hours:
                yield _moment(day, opens), _moment(day, closes)
        day += timedelta(days=1)


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZONE).astimezone(UTC)
