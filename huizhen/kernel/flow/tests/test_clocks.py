"""One clock on its own: whatever happens to it, it is due when a simple reckoning says."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.kernel import calendar
from huizhen.kernel.calendar import Length, hours, minutes, working_hours
from huizhen.kernel.flow import clocks
from huizhen.kernel.flow.models import Case, CaseDeadline
from huizhen.kernel.statements import fresh

from .conftest import MONDAY

NORMAL, URGENT = hours(96), hours(10)
ACTS = ("wait", "pause", "resume", "extend", "hurry", "calm", "sweep")
steps = st.lists(st.tuples(st.integers(0, 3000), st.sampled_from(ACTS), st.integers(1, 5000)), max_size=14)
pauses = st.lists(st.tuples(st.integers(1, 600), st.integers(1, 3000)), max_size=4)


@dataclass
class Reckoning:
    """The same clock in plain words: from a start or a told date, so long, and what it stood still since."""

    since: datetime
    length: timedelta
    told: datetime | None = None
    still: timedelta = timedelta()
    lift: timedelta = timedelta()
    standing: bool = False
    late: bool = False

    def measured(self) -> datetime:
        """Due, if it ran from this moment on."""
        return (self.told or self.since + self.length) + self.still

    def due(self) -> datetime:
        return self.measured() + self.lift

    def extend(self, until: datetime) -> None:
        self.told, self.still, self.lift, self.late = until, timedelta(), timedelta(), False

    def hurry(self, length: Length, now: datetime) -> None:
        before = self.due()
        self.length = length.clock_time
        if self.late and self.measured() <= now:
            self.lift = before - self.measured()
        else:
            self.lift = timedelta() if self.late else max(timedelta(), now + timedelta(minutes=1) - self.measured())
            self.late = False


def start(length: Length = NORMAL) -> CaseDeadline:
    return clocks.start(fresh(Case), "report", length, MONDAY)


def sweep(clock: CaseDeadline, at: datetime) -> None:
    """What the sweep does to a clock with an alert."""
    if clock.sweep_at is not None and clock.sweep_at <= at:
        clock.breached_at, clock.sweep_at = clock.due_at, None


def act(clock: CaseDeadline, plain: Reckoning, what: str, amount: int, at: datetime) -> None:
    """Do one thing to the clock and to its reckoning."""
    if what == "pause":
        clocks.pause(clock, at, "incomplete")
        plain.standing = True
    elif what == "resume":
        clocks.resume(clock, at)
        plain.standing = False
    elif what == "extend":
        clocks.extend(clock, at + timedelta(minutes=amount), at)
        plain.extend(at + timedelta(minutes=amount))
    elif what in ("hurry", "calm"):
        length = URGENT if what == "hurry" else NORMAL
        clocks.hurry(clock, length, at)
        plain.hurry(length, at)
    elif what == "sweep":
        sweep(clock, at)
        plain.late = plain.late or (not plain.standing and plain.due() <= at)


@given(steps)
def test_whatever_happens_it_is_due_when_a_simple_reckoning_says(given_steps):
    clock, plain, now = start(), Reckoning(MONDAY, NORMAL.clock_time), MONDAY
    for waited, what, amount in given_steps:
        now += timedelta(minutes=waited)
        plain.still += timedelta(minutes=waited) if plain.standing else timedelta()
        act(clock, plain, what, amount, now)
        assert clock.sweep_at == (None if plain.late or plain.standing else clock.due_at)
        assert (clock.breached_at is not None) == plain.late
    clocks.resume(clock, now)
    assert clock.due_at == plain.due()


@pytest.mark.django_db
@given(pauses, st.integers(1, 80))
def test_urgency_there_and_back_changes_nothing_in_working_time_either(given_pauses, amount):
    clock, now, stood = start(working_hours(amount)), MONDAY, timedelta()
    for ran, pause in given_pauses:
        stopped = now + timedelta(minutes=ran)
        now = stopped + timedelta(minutes=pause)
        clocks.pause(clock, stopped, "incomplete")
        clocks.resume(clock, now)
        stood += calendar.spent("working", stopped, now)
    clocks.hurry(clock, minutes(5), now)
    clocks.hurry(clock, working_hours(amount), now)
    worked = calendar.spent("working", MONDAY, clock.due_at) - stood
    assert worked == timedelta(hours=amount) or clock.due_at == now + timedelta(minutes=1)


def test_three_days_of_waiting_are_not_held_against_the_clock():
    clock = start()
    clocks.pause(clock, MONDAY + timedelta(hours=1), "incomplete")
    clocks.resume(clock, MONDAY + timedelta(hours=73))
    clocks.hurry(clock, URGENT, MONDAY + timedelta(hours=74))
    assert clock.due_at == MONDAY + timedelta(hours=82)


def test_a_date_that_was_told_outlives_the_urgency():
    clock = start()
    clocks.extend(clock, MONDAY + timedelta(hours=120), MONDAY)
    clocks.hurry(clock, URGENT, MONDAY + timedelta(hours=1))
    assert clock.due_at == clock.sweep_at == MONDAY + timedelta(hours=120)


def test_a_date_moved_while_it_stood_still_is_not_moved_by_the_time_before():
    clock = start()
    clocks.pause(clock, MONDAY, "incomplete")
    clocks.extend(clock, MONDAY + timedelta(hours=120), MONDAY + timedelta(hours=20))
    clocks.resume(clock, MONDAY + timedelta(hours=21))
    assert clock.due_at == MONDAY + timedelta(hours=121)


def test_a_late_clock_that_is_calmed_is_watched_again():
    clock = start(URGENT)
    sweep(clock, MONDAY + timedelta(hours=11))
    clocks.hurry(clock, NORMAL, MONDAY + timedelta(hours=12))
    assert (clock.breached_at, clock.sweep_at) == (None, MONDAY + timedelta(hours=96))


def test_a_late_clock_that_is_hurried_stays_late_as_it_was():
    clock = start(URGENT)
    sweep(clock, MONDAY + timedelta(hours=11))
    clocks.hurry(clock, hours(1), MONDAY + timedelta(hours=12))
    assert clock.breached_at == clock.due_at == MONDAY + timedelta(hours=10)
    assert clock.sweep_at is None


def test_a_clock_nobody_watches_stays_unwatched():
    clock = clocks.start(fresh(Case), "state", NORMAL, MONDAY, watched=False)
    clocks.hurry(clock, URGENT, MONDAY)
    clocks.extend(clock, MONDAY + timedelta(hours=99), MONDAY)
    assert clock.sweep_at is None


@pytest.mark.django_db
def test_the_days_that_are_named_are_those_of_the_length_in_force():
    clock = start(working_hours(80))
    assert clocks.explain(clock)[0]["calendar"], "a weekend lies between"
    clocks.hurry(clock, URGENT, MONDAY)
    assert clocks.explain(clock)[0]["calendar"] == []
