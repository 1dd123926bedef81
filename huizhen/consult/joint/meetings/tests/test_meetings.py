"""Finding a time, choosing it, moving it; the calendar file; and that nobody is in two meetings at once."""

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from huizhen.consult.joint.meetings import actions, ics, rules
from huizhen.consult.joint.meetings.jobs import tend_all
from huizhen.consult.joint.meetings.models import Meeting, MeetingSeat, MeetingState
from huizhen.consult.joint.meetings.queries import get_meeting, to_event
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import outbox
from huizhen.kernel.access import SYSTEM, NotAllowed
from huizhen.kernel.calendar.working import ZONE
from huizhen.kernel.flow.door import NeedsMissing
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import CaseEvent
from huizhen.kernel.notify.models import Notification
from huizhen.people.availability.rules import Slot

HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def cast(signing, db):
    with time_machine.travel(make.MONDAY, tick=False) as travel:
        yield make.make_cast(travel)


@pytest.fixture
def application(cast):
    return make.reviewing(cast, wants_meeting=True)


def fixed(cast, application):
    """Everybody can at the second time."""
    actions.offer_times(cast.actor(cast.coordinator), application.case_id, minutes=30, at=cast.at)
    second = get_meeting(application.id).options.order_by("starts_at")[1]
    for account in (*cast.experts, cast.applicant):
        actions.vote(cast.actor(account), application.case_id, [second.id], at=cast.at)
    return get_meeting(application.id), second.starts_at


slots = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(1, 400)).map(
        lambda pair: Slot(make.MONDAY + timedelta(minutes=pair[0]), make.MONDAY + timedelta(minutes=pair[0] + pair[1]))
    ),
    max_size=8,
)


@given(slots, st.sampled_from(rules.LENGTHS))
def test_times_lie_in_free_time_at_quarters_and_apart(free, minutes):
    length = timedelta(minutes=minutes)
    chosen = rules.choose_times(sorted(free, key=lambda slot: slot.starts_at), length)
    assert chosen == sorted(chosen)
    assert len(chosen) <= 3
    assert all(start.minute % 15 == 0 for start in chosen)
    assert all(any(slot.starts_at <= start and start + length <= slot.ends_at for slot in free) for start in chosen)
    fitting = any(next(iter(rules._starts(slot, length)), None) for slot in free)
    assert bool(chosen) == fitting


@given(st.text(max_size=300))
def test_any_text_makes_lines_that_calendars_read(text):
    made = ics.write_calendar(
        ics.Event("1@huizhen", 0, make.MONDAY, make.MONDAY + HALF_HOUR, make.MONDAY, "会诊", description=text)
    )
    lines = made.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in made.replace(b"\r\n", b"")
    unfolded = made.decode().replace("\r\n ", "")
    assert ("DESCRIPTION:" + ics.escape(text) in unfolded) or not text


def test_everybody_can_at_one_time_and_it_is_fixed_by_itself(cast, application):
    meeting, starts_at = fixed(cast, application)
    assert (meeting.state, meeting.starts_at) == (MeetingState.FIXED, starts_at)
    local = [start.astimezone(ZONE) for start in meeting.options.values_list("starts_at", flat=True)]
    assert all(8 <= one.hour < 18 and one.weekday() < 5 for one in local)
    assert MeetingSeat.objects.count() == 4
    outbox.run_pending(cast.at)
    told = Notification.objects.filter(kind="consult.joint.fix_meeting").values_list("account_id", flat=True)
    assert {cast.patient_account.id, cast.applicant.id, cast.experts[2].id} <= set(told)


def test_a_meeting_is_moved_with_a_reason_and_calendars_take_the_change(cast, application):
    meeting, starts_at = fixed(cast, application)
    chair, number = cast.actor(cast.experts[0]), application.case.number
    with pytest.raises(NotAllowed):
        actions.shift_meeting(cast.actor(cast.applicant), application.case_id, starts_at, reason="x", at=cast.at)
    with pytest.raises(NeedsMissing):
        actions.shift_meeting(chair, application.case_id, starts_at + HALF_HOUR, reason="", at=cast.at)
    write = partial(to_event, number=number, case_id=application.case_id, summary="网络会诊", description="")
    before = ics.write_calendar(write(get_meeting(application.id))).decode()
    later = starts_at + timedelta(days=1)
    actions.shift_meeting(chair, application.case_id, later, reason="急诊手术", at=cast.later(minutes=1))
    after = ics.write_calendar(write(get_meeting(application.id))).decode()
    uid = f"UID:{meeting.id}@huizhen"
    assert all(uid in file for file in (before, after))
    assert "SEQUENCE:0" in before
    assert "SEQUENCE:1" in after
    assert f"DTSTART;TZID=Asia/Shanghai:{later.astimezone(ZONE):%Y%m%dT%H%M%S}" in after
    actions.cancel_meeting(chair, application.case_id, reason="改为文字讨论", at=cast.later(minutes=1))
    gone = ics.write_calendar(write(get_meeting(application.id))).decode()
    assert all(line in gone for line in ("METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:2"))
    assert MeetingSeat.objects.count() == 0


def test_nobody_is_in_two_meetings_at_once(cast, application):
    meeting, starts_at = fixed(cast, application)
    other = make.reviewing(cast, wants_meeting=True)
    actions.offer_times(cast.actor(cast.coordinator), other.case_id, minutes=30, at=cast.at)
    second = get_meeting(other.id)
    free = list(second.options.values_list("starts_at", flat=True))
    assert all(abs(start - starts_at) >= HALF_HOUR for start in free), "time taken is not offered again"
    actions.fix_meeting(cast.actor(cast.coordinator), other.case_id, second.options.first().id, at=cast.at)
    with pytest.raises(Refused) as refusal:
        actions.shift_meeting(cast.actor(cast.coordinator), other.case_id, starts_at, reason="试", at=cast.at)
    assert refusal.value.code == "time_taken"
    assert get_meeting(other.id).sequence == 0
    assert meeting.seats.count() == 4


def test_reminded_twice_and_begun_at_the_agreed_time(cast, application):
    meeting, starts_at = fixed(cast, application)
    actions.shift_meeting(
        cast.actor(cast.experts[0]), application.case_id, starts_at + timedelta(days=2), reason="会期冲突", at=cast.at
    )
    starts_at += timedelta(days=2)
    for before in (30 * 60, 23 * 60, 23 * 60, 10, 10):
        tend_all(starts_at - timedelta(minutes=before))
    assert CaseEvent.objects.filter(kind="consult.joint.meeting_soon").count() == 2
    for _time in range(2):
        tend_all(starts_at)
    assert make.state(application) == "meeting"
    assert Meeting.objects.get(id=meeting.id).state == MeetingState.HELD


def test_a_case_that_goes_on_gives_the_time_back(cast, application):
    fixed(cast, application)
    for expert in cast.experts:
        make.sign(cast, application, expert)
    make.actions.make_move(cast.actor(cast.experts[0]), application.case_id, "start_drafting", at=cast.at)
    outbox.run_pending(cast.at)
    assert MeetingSeat.objects.count() == 0


def test_without_a_common_time_it_is_said(cast, application, monkeypatch):
    monkeypatch.setattr(rules, "AHEAD", timedelta(minutes=61))
    with pytest.raises(Refused) as refusal:
        actions.offer_times(
            cast.actor(cast.coordinator), application.case_id, minutes=90, at=datetime(2026, 11, 23, 13, tzinfo=UTC)
        )
    assert refusal.value.code == "no_common_time"


def test_the_winner_is_the_earliest_that_suits_everybody():
    a, b, me, you = (UUID(int=n) for n in range(4))
    options = {a: make.MONDAY + HALF_HOUR, b: make.MONDAY}
    assert rules.pick_winner(options, {a: {me: True, you: True}, b: {me: True}}, {me, you}) == a
    assert rules.pick_winner(options, {a: {me: True, you: True}, b: {me: True, you: True}}, {me, you}) == b
    assert rules.pick_winner(options, {}, {me}) is None
    assert SYSTEM.is_system
