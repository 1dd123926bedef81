"""Reckoning in working time, with the days handed in: no database, no clock."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.kernel.calendar.holidays import DayTable
from huizhen.kernel.calendar.working import ZONE, Day, NoWorkingTime, OfficeTime, add_days, advance, elapsed

HOURS = ((time(8), time(12)), (time(13, 30), time(17, 30)))
CHINA = OfficeTime(days=DayTable(), hours=HOURS)

moments = st.datetimes(datetime(2024, 12, 1), datetime(2026, 11, 1), timezones=st.just(ZONE)).map(
    lambda moment: moment.astimezone(UTC)
)
spans = st.integers(1, 6000).map(lambda count: timedelta(minutes=count))
some_days = st.integers(1, 25)


def china(text: str) -> datetime:
    """A moment of the office's own clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def is_office_time(moment: datetime) -> bool:
    local = moment.astimezone(ZONE)
    return CHINA.is_working(local.date()) and any(opens <= local.time() <= closes for opens, closes in HOURS)


@given(moments, moments, spans)
def test_who_starts_later_is_never_due_earlier(one, other, span):
    first, second = sorted((one, other))
    assert advance(CHINA, first, span) <= advance(CHINA, second, span)


@given(moments, moments, some_days)
def test_who_starts_later_is_never_due_earlier_in_days(one, other, count):
    first, second = sorted((one, other))
    assert add_days(CHINA, first, count) <= add_days(CHINA, second, count)


@given(moments, spans, spans)
def test_two_spans_are_their_sum(start, one, other):
    assert advance(CHINA, advance(CHINA, start, one), other) == advance(CHINA, start, one + other)


@given(moments, some_days, some_days)
def test_days_and_days_are_their_sum(start, one, other):
    assert add_days(CHINA, add_days(CHINA, start, one), other) == add_days(CHINA, start, one + other)


@given(moments, spans, some_days)
def test_nothing_is_due_outside_office_hours(start, span, count):
    assert is_office_time(advance(CHINA, start, span))
    assert is_office_time(add_days(CHINA, start, count))


@given(moments, spans)
def test_what_was_given_is_what_passes(start, span):
    assert elapsed(CHINA, start, advance(CHINA, start, span)) == span


@given(moments, spans, moments, spans)
def test_a_pause_moves_the_due_time_by_the_working_time_it_took(start, within, paused, pause):
    due = advance(CHINA, start, within)
    took = elapsed(CHINA, paused, paused + pause)
    assert elapsed(CHINA, due, advance(CHINA, due, took)) == took


@given(moments, moments, moments)
def test_elapsed_adds_up(one, two, three):
    first, second, third = sorted((one, two, three))
    assert elapsed(CHINA, first, third) == elapsed(CHINA, first, second) + elapsed(CHINA, second, third)


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        pytest.param("2026-02-13 15:00", 1, "2026-02-14 15:00", id="the Saturday before Spring Festival is worked"),
        pytest.param("2026-02-14 15:00", 1, "2026-02-24 15:00", id="nine days of Spring Festival are skipped"),
        pytest.param("2026-02-18 10:00", 1, "2026-02-24 17:30", id="a start on a day off counts as the evening before"),
        pytest.param("2026-02-27 09:00", 1, "2026-02-28 09:00", id="the Saturday after it is worked"),
        pytest.param("2026-09-18 11:00", 1, "2026-09-20 11:00", id="the Sunday before National Day is worked"),
        pytest.param("2026-09-30 11:00", 2, "2026-10-09 11:00", id="seven days of National Day are skipped"),
        pytest.param("2026-10-09 11:00", 1, "2026-10-10 11:00", id="the Saturday after it is worked"),
        pytest.param("2026-03-06 20:00", 1, "2026-03-09 17:30", id="a Friday evening"),
        pytest.param("2026-03-06 06:00", 1, "2026-03-09 08:00", id="a Friday before opening"),
        pytest.param("2026-03-06 12:30", 1, "2026-03-09 13:30", id="a Friday at lunch"),
    ],
)
def test_working_days(start, count, due):
    assert add_days(CHINA, china(start), count) == china(due)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        pytest.param("2026-03-06 16:30", 2, "2026-03-09 09:00", id="over a weekend"),
        pytest.param("2026-03-06 11:00", 1, "2026-03-06 12:00", id="due at closing, not at the next opening"),
        pytest.param("2026-03-06 11:00", 2, "2026-03-06 14:30", id="over lunch"),
        pytest.param("2026-02-14 17:00", 8, "2026-02-24 17:00", id="over Spring Festival"),
        pytest.param("2026-09-30 17:00", 1, "2026-10-08 08:30", id="over National Day"),
    ],
)
def test_working_hours(start, hours, due):
    assert advance(CHINA, china(start), timedelta(hours=hours)) == china(due)


def test_nothing_to_wait_for_is_due_at_once():
    night = china("2026-02-18 02:00")
    assert advance(CHINA, night, timedelta()) == add_days(CHINA, night, 0) == night


def test_a_calendar_without_working_days_is_refused():
    always_off = type("AlwaysOff", (dict,), {"get": lambda self, day, default=None: Day("holiday", "休")})()
    closed = OfficeTime(days=always_off, hours=HOURS)
    with pytest.raises(NoWorkingTime):
        add_days(closed, china("2026-03-06 06:00"), 1)
    with pytest.raises(NoWorkingTime):
        advance(closed, china("2026-03-06 06:00"), timedelta(hours=1))


def test_swapped_days_are_marked():
    assert CHINA.is_working(date(2026, 2, 28))
    assert not CHINA.is_working(date(2026, 2, 23))
    assert CHINA.is_working(date(2026, 2, 24))
