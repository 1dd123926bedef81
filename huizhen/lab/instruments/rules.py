"""Pure decisions about instruments: when silence is too long, measured by each instrument's own habit."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LEARN_DAYS = 14  # how far back a habit is learnt
LEAST_DAYS = 3  # of which an instrument must have been heard on this many before a habit is believed
# Where messages come by chance at the habitual rate, none where eight were due happens once in three thousand times.
MISSING = 8.0
LEAST = timedelta(minutes=15)
LONGEST = timedelta(days=7)
HOUR = timedelta(hours=1)
# Not all of it came, or is taken: such a message is never read, since half a value looks like a value.
CUT = frozenset({"cut_off", "half", "too_long", "too_large"})
BROKEN = CUT | {"not_astm"}  # the line did not speak its language either
ZONE = ZoneInfo("Asia/Shanghai")

Hours = Mapping[datetime, int]  # messages by full hour, hours without any left out


def is_broken(faults: Iterable[str]) -> bool:
    """Whether a message with these faults is only kept to be looked at: its sender begins anew, or speaks something
    else."""
    return not BROKEN.isdisjoint(faults)


@dataclass(frozen=True)
class Silence:
    """Whether an instrument is too long silent, and how many messages its habit had expected meanwhile."""

    is_too_long: bool
    expected: float


def silence(hours: Hours, last_at: datetime | None, at: datetime, *, silent_after: int | None = None) -> Silence:
    """Judge an instrument's silence.

    `hours` reach back `LEARN_DAYS`. What it sends at this time of day, on working days and at weekends apart, is its
    habit; it is too long silent when its habit expected `MISSING` messages and none came. `silent_after` (minutes)
    decides instead where somebody has set it. Never heard is not silent: there is no habit yet.
    """
    if last_at is None:
        return Silence(False, 0.0)
    if silent_after is not None:
        return Silence(at - last_at > timedelta(minutes=silent_after), 0.0)
    if at - last_at < LEAST or len({hour.astimezone(ZONE).date() for hour in hours}) < LEAST_DAYS:
        return Silence(False, 0.0)
    expected = expected_between(hours, max(last_at, at - LONGEST), at, learnt_until=last_at)
    return Silence(expected >= MISSING, expected)


def expected_between(hours: Hours, start: datetime, end: datetime, *, learnt_until: datetime) -> float:
    """How many messages the habit of `LEARN_DAYS` before `learnt_until` has between two moments, learnt from full
    hours. What is older is forgotten."""
    latest = _next_hour(learnt_until) - 2 * HOUR
    earliest = latest - timedelta(days=LEARN_DAYS)
    totals: dict[tuple[bool, int], int] = {}
    for hour, messages in hours.items():
        if earliest < hour <= latest:
            totals[_slot(hour)] = totals.get(_slot(hour), 0) + messages
    times = _times_of(latest)
    expected, place = 0.0, start
    while place < end:
        following = min(end, _next_hour(place))
        slot = _slot(place)
        expected += totals.get(slot, 0) / max(1, times[slot]) * ((following - place) / HOUR)
        place = following
    return expected


def usual_by_now(hours: Hours, at: datetime) -> float | None:
    """How many messages its habit has from the full hour until now; nothing where there is no habit yet."""
    begin = _next_hour(at) - HOUR
    learnt = {hour: messages for hour, messages in hours.items() if hour < begin}
    if len({hour.astimezone(ZONE).date() for hour in learnt}) < LEAST_DAYS:
        return None
    return expected_between(learnt, begin, at, learnt_until=begin)


def _slot(moment: datetime) -> tuple[bool, int]:
    """Weekend or not, and the hour of the day, where the laboratory is."""
    local = moment.astimezone(ZONE)
    return local.weekday() >= 5, local.hour


def _next_hour(moment: datetime) -> datetime:
    return moment - timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond) + HOUR


@lru_cache(maxsize=256)
def _times_of(latest: datetime) -> Counter[tuple[bool, int]]:
    """How often each slot comes in the learnt time, whose last full hour is `latest`."""
    return Counter(_slot(latest - back * HOUR) for back in range(LEARN_DAYS * 24))
