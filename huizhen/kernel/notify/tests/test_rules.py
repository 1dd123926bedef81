from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.kernel.notify import rules
from huizhen.kernel.notify.models import Outcome, Urgency

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
TIMES = st.times().map(lambda moment: moment.replace(microsecond=0))


def shanghai(hour, minute=0, day=23):
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (shanghai(21, 59), None),
        (shanghai(22), shanghai(7, day=24)),
        (shanghai(23, 59), shanghai(7, day=24)),
        (shanghai(0), shanghai(7)),
        (shanghai(6, 59), shanghai(7)),
        (shanghai(7), None),
    ],
)
def test_the_night(at, until):
    assert rules.end_of_quiet(at.astimezone(UTC), time(22), time(7), "Asia/Shanghai") == until


@given(MOMENTS, TIMES, TIMES)
def test_quiet_hours_end_and_are_over_then(at, begin, end):
    until = rules.end_of_quiet(at, begin, end, "Asia/Shanghai")
    if until is not None:
        assert at < until <= at + timedelta(days=1)
        assert rules.end_of_quiet(until, begin, end, "Asia/Shanghai") is None


@given(MOMENTS)
def test_equal_times_are_never_quiet(at):
    assert rules.end_of_quiet(at, time(8), time(8), "Asia/Shanghai") is None


@given(st.sampled_from(Outcome), st.integers(1, 10), st.sampled_from(Urgency), st.booleans())
def test_what_follows_an_attempt(outcome, tries, urgency, last_rung):
    following = rules.after(outcome, tries=tries, urgency=urgency, last_rung=last_rung)
    assert following.done == (outcome == Outcome.SENT)
    if following.wait is not None:
        assert outcome in (Outcome.FAILED, Outcome.LIMITED), "what may have arrived is not sent again"
        assert tries < rules.MOST_TRIES
        assert last_rung or urgency != Urgency.URGENT


def test_waiting_grows_and_heeds_the_service():
    def wait(tries, **given):
        return rules.after("limited", tries=tries, urgency="normal", last_rung=True, **given).wait

    assert wait(1) < wait(2)
    assert wait(1, retry_after=timedelta(minutes=10)) == timedelta(minutes=10)


@pytest.mark.parametrize("channel", rules.BUDGETS)
def test_a_share_is_kept_for_what_is_urgent(channel):
    assert 0 < rules.limit_for(channel, "normal") < rules.limit_for(channel, "urgent")


@given(MOMENTS)
def test_windows_begin_before_and_hold_the_moment(at):
    for channel, budget in rules.BUDGETS.items():
        window = rules.window_of(channel, at)
        assert window <= at < window + budget.window
