"""Which times to offer, which one wins, when to remind. No database, no clock."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from huizhen.kernel.calendar.working import ZONE
from huizhen.people.availability.rules import Slot, part_of_day

LENGTHS = (15, 30, 45, 60, 90)
NOTICE = timedelta(hours=1)
URGENT_NOTICE = timedelta(minutes=15)
AHEAD = timedelta(days=14)
QUARTER = timedelta(minutes=15)
CHOICES = 3
# The day before, and just before. A meeting fixed later than that is not reminded of it.
REMINDERS = (timedelta(hours=24), timedelta(minutes=15))


def choose_times(slots: Iterable[Slot], length: timedelta, *, count: int = CHOICES) -> list[datetime]:
    """Up to `count` beginnings from common free time: the earliest, then others in another half of a day, so that who
    cannot in the morning finds an afternoon; where there are too few halves, later ones of the same. By time."""
    starts = [start for slot in slots for start in _starts(slot, length)]
    chosen: list[datetime] = []
    halves: set[tuple[object, str]] = set()
    for start in starts:
        half = (start.astimezone(ZONE).date(), part_of_day(start))
        if half not in halves and len(chosen) < count:
            chosen.append(start)
            halves.add(half)
    for start in starts:
        if len(chosen) < count and all(abs(start - other) >= length for other in chosen):
            chosen.append(start)
    return sorted(chosen)


def pick_winner(
    options: Mapping[UUID, datetime], votes: Mapping[UUID, Mapping[UUID, bool]], needed: set[UUID]
) -> UUID | None:
    """The earliest option at which everybody needed can; nothing as long as nobody can say so.

    `votes`: option → account → can.
    """
    suits = [key for key in options if all(votes.get(key, {}).get(account) for account in needed)]
    return min(suits, key=lambda key: options[key], default=None)


def due_reminder(starts_at: datetime, sent: int, *, at: datetime) -> int | None:
    """How many reminders count as sent after now, where one is due; else nothing. Of several that are overdue only the
    last is sent."""
    due = [number for number, before in enumerate(REMINDERS, 1) if starts_at - before <= at < starts_at]
    return max(due) if due and max(due) > sent else None


def end_of(starts_at: datetime, minutes: int) -> datetime:
    """When a meeting of so many minutes ends."""
    return starts_at + timedelta(minutes=minutes)


def _starts(slot: Slot, length: timedelta) -> Iterable[datetime]:
    """Beginnings at full quarters of an hour."""
    past = timedelta(
        minutes=slot.starts_at.minute % 15, seconds=slot.starts_at.second, microseconds=slot.starts_at.microsecond
    )
    start = slot.starts_at - past + (QUARTER if past else timedelta())
    while start + length <= slot.ends_at:
        yield start
        start += QUARTER
