"""When somebody is free, against a slow and obvious reckoning; and keeping a calendar, with its rights."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.kernel.access import NotVisible
from huizhen.kernel.calendar.working import HOLIDAY, WORKDAY, Day, OfficeTime
from huizhen.people.accounts.queries import get_actor
from huizhen.people.availability import actions, queries, rules
from huizhen.people.availability.rules import Calendar, Slot
from huizhen.people.tests.builders import make_member, make_organisation, make_practitioner

MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
HOURS = ((time(8, 30), time(12)), (time(14), time(17, 30)))
OFFICE = OfficeTime({date(2026, 11, 25): Day(HOLIDAY, "x"), date(2026, 11, 28): Day(WORKDAY, "y")}, HOURS)
WEEK = {0: ((time(9), time(12)),), 2: ((time(9), time(17)),)}

moments = st.integers(0, 7 * 24 * 4).map(lambda quarter: MONDAY + timedelta(minutes=15 * quarter))
slots = st.tuples(moments, moments).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Slot(*pair))


@given(st.sampled_from([{}, WEEK]), st.lists(slots, max_size=4), slots)
def test_free_time_is_working_time_without_absences(week, away, asked):
    calendar = Calendar(week, tuple(sorted(away, key=lambda slot: slot.starts_at)))
    found = list(rules.free_slots(OFFICE, calendar, asked.starts_at, asked.ends_at))
    moment = asked.starts_at
    while moment < asked.ends_at:
        local = moment.astimezone(rules.ZONE)
        works = any(opens <= local.time() < closes for opens, closes in rules.hours_of(OFFICE, week, local.date()))
        away_now = any(slot.starts_at <= moment < slot.ends_at for slot in away)
        assert any(slot.starts_at <= moment < slot.ends_at for slot in found) == (works and not away_now)
        moment += timedelta(minutes=15)


def test_holidays_close_and_swapped_days_work_as_mondays():
    assert rules.hours_of(OFFICE, WEEK, date(2026, 11, 25)) == ()
    assert rules.hours_of(OFFICE, WEEK, date(2026, 11, 28)) == WEEK[0]
    assert rules.hours_of(OFFICE, {}, date(2026, 11, 28)) == HOURS
    assert rules.hours_of(OFFICE, {}, date(2026, 11, 29)) == ()


@given(st.lists(st.lists(slots, max_size=3), min_size=1, max_size=3))
def test_common_time_is_free_for_each(aways):
    calendars = [Calendar({}, tuple(sorted(away, key=lambda slot: slot.starts_at))) for away in aways]
    end = MONDAY + timedelta(days=5)
    for slot in rules.common_slots(OFFICE, calendars, MONDAY, end, length=timedelta(minutes=30)):
        assert slot.ends_at - slot.starts_at >= timedelta(minutes=30)
        for calendar in calendars:
            assert any(
                own.starts_at <= slot.starts_at and slot.ends_at <= own.ends_at
                for own in rules.free_slots(OFFICE, calendar, MONDAY, end)
            )


def test_a_calendar_is_kept_by_its_doctor_and_by_who_looks_after_the_house(db):
    platform = make_organisation(kind="platform", is_centre=True)
    doctor = make_practitioner(make_organisation(parent=platform))
    key = doctor.account_id
    me, stranger = get_actor(doctor.account), get_actor(make_practitioner().account)
    centre = get_actor(make_member("coordinator", platform).account)
    with pytest.raises(NotVisible):
        actions.set_week(key, WEEK, actor=stranger, at=MONDAY)
    with pytest.raises(rules.BadWeek):
        actions.set_week(key, {0: ((time(9), time(12)), (time(11), time(13)))}, actor=me, at=MONDAY)
    actions.set_week(key, WEEK, actor=me, at=MONDAY)
    assert queries.get_first_free([key], MONDAY) == {key: MONDAY + timedelta(hours=1)}
    away = actions.add_absence(
        key, kind="surgery", starts_at=MONDAY, ends_at=MONDAY + timedelta(hours=10), actor=centre, at=MONDAY
    )
    assert queries.get_first_free([key], MONDAY)[key] > MONDAY + timedelta(days=1)
    assert queries.get_calendars([key], MONDAY, MONDAY + timedelta(days=1))[key].absent_until(MONDAY)
    with pytest.raises(NotVisible):
        actions.cancel_absence(away.id, actor=stranger, at=MONDAY)
    for _twice in range(2):
        actions.cancel_absence(away.id, actor=me, at=MONDAY)
    assert queries.get_first_free([key], MONDAY)[key] == MONDAY + timedelta(hours=1)
    with pytest.raises(actions.BadAbsence):
        actions.add_absence(key, kind="leave", starts_at=MONDAY, ends_at=MONDAY, actor=me, at=MONDAY)
