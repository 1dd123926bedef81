"""When something is due, how a pause moves it, and the plain facts behind the date."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from huizhen.kernel.calendar import working
from huizhen.kernel.calendar.holidays import office
from huizhen.kernel.calendar.lengths import WORKING, Length


@dataclass(frozen=True)
class Fact:
    """One day that matters to a deadline: a `weekend` or `holiday` day is skipped, a `workday` is a swapped one."""

    day: date
    kind: str
    name: str

    def __str__(self) -> str:
        words = {"day": self.day.isoformat(), "name": self.name}
        if self.kind == working.WORKDAY:
            return _("%(day)s counts: %(name)s") % words
        return _("%(day)s does not count: %(name)s") % words


def due(start: datetime, length: Length) -> datetime:
    """The moment, in UTC, when a length that begins at `start` is over."""
    if length.unit == "working_days":
        return working.add_days(office(), start, length.amount)
    if length.calendar == WORKING:
        return working.advance(office(), start, length.clock_time)
    return start.astimezone(UTC) + length.clock_time


def resume_due(calendar: str, due_at: datetime, paused_at: datetime, resumed_at: datetime) -> datetime:
    """The new due time after a pause: later by the time of its calendar that the pause took."""
    pause = spent(calendar, paused_at, resumed_at)
    return working.advance(office(), due_at, pause) if calendar == WORKING else due_at.astimezone(UTC) + pause


def spent(calendar: str, start: datetime, end: datetime) -> timedelta:
    """How much of the calendar's time (`always` or `working`) passed between two moments; never negative."""
    if calendar == WORKING:
        return working.elapsed(office(), start, end)
    return max(end - start, timedelta())


def explain(start: datetime, length: Length) -> list[Fact]:
    """The days that made the due date what it is, in order: skipped ones and swapped working days, named in the
    reader's language. Empty for a length that runs always."""
    if length.calendar != WORKING:
        return []
    last = due(start, length).astimezone(working.ZONE).date()
    first = start.astimezone(working.ZONE).date()
    between = (first + timedelta(days=n) for n in range((last - first).days + 1))
    facts = (_fact(office(), day) for day in between)
    return [fact for fact in facts if fact]


def _fact(now_in_force: working.OfficeTime, day: date) -> Fact | None:
    special = now_in_force.days.get(day)
    if special:
        in_english = (get_language() or "").startswith("en") and special.name_en
        return Fact(day, special.kind, special.name_en if in_english else special.name)
    if day.weekday() >= working.SATURDAY:
        return Fact(day, working.WEEKEND, _("weekend"))
    return None
