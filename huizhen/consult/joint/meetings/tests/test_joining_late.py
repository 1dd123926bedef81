"""An expert who accepts after the meeting's time is fixed: seated where they are free, and told; else that is said."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from huizhen.consult.joint import actions as joint
from huizhen.consult.joint.meetings import actions
from huizhen.consult.joint.meetings.models import MeetingSeat
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import outbox
from huizhen.kernel.calendar.working import ZONE
from huizhen.kernel.flow.models import CaseEvent
from huizhen.kernel.notify.models import Notification
from huizhen.people.availability.actions import add_absence

HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def cast(signing, db):
    with time_machine.travel(make.MONDAY, tick=False) as travel:
        yield make.make_cast(travel)


def asked(cast, expert, *others):
    """A consultation with a fixed meeting of `others` and the applicant, and an invitation that `expert` may answer."""
    coordinator = cast.actor(cast.coordinator)
    application = make.assigning(cast, wants_meeting=True)
    invitations = joint.invite(coordinator, application.case_id, [one.id for one in (*others, expert)], at=cast.at)
    for one, invitation in zip(others, invitations, strict=False):
        joint.answer(cast.actor(one), invitation.id, accepts=True, at=cast.at)
    joint.name_chair(coordinator, application.case_id, invitations[0].id, at=cast.at)
    joint.make_move(coordinator, application.case_id, "start_review", at=cast.at)
    offered = actions.offer_times(coordinator, application.case_id, minutes=30, at=cast.at)
    first = offered.options.order_by("starts_at").first()
    return application, actions.fix_meeting(coordinator, application.case_id, first.id, at=cast.at), invitations[-1]


def elsewhere_in(cast):
    """The same people, but another doctor asks."""
    return replace(cast, applicant=make.make_practitioner(cast.county, name="李二", role="applicant").account)


def told(kind):
    return set(Notification.objects.filter(kind=kind).values_list("account_id", flat=True))


def test_who_is_free_gets_a_seat_is_told_and_cannot_be_booked_twice(cast, client):
    late, chair, _other = cast.experts
    application, meeting, invitation = asked(cast, late, chair)
    for _twice in range(2):
        joint.answer(cast.actor(late), invitation.id, accepts=True, at=cast.later(minutes=1))
    seat = MeetingSeat.objects.get(meeting=meeting, account=late)
    assert (seat.starts_at, seat.ends_at) == (meeting.starts_at, meeting.starts_at + HALF_HOUR)
    outbox.run_pending(cast.later(minutes=1))
    assert told(actions.SEATED) == {late.id}
    assert CaseEvent.objects.filter(case_id=application.case_id, kind=actions.SEATED).count() == 1
    client.force_login(late)
    session = client.session
    session["second_factor"] = True
    session.save()
    file = client.get(f"/consult/joint/{application.case_id}/meeting.ics").content.decode()
    assert f"DTSTART;TZID=Asia/Shanghai:{meeting.starts_at.astimezone(ZONE):%Y%m%dT%H%M%S}" in file
    other, second, _invitation = asked(elsewhere_in(cast), cast.experts[2], late)
    assert abs(second.starts_at - meeting.starts_at) >= HALF_HOUR, "the time is not offered for another meeting"
    with pytest.raises(IntegrityError, match="seat_taken_once"), transaction.atomic():
        MeetingSeat.objects.create(
            meeting=second, account=late, starts_at=meeting.starts_at, ends_at=meeting.starts_at + HALF_HOUR
        )
    assert other.id != application.id


def test_who_sits_in_another_meeting_then_accepts_without_a_seat_and_that_is_said(cast):
    late, chair, other_chair = cast.experts
    application, meeting, invitation = asked(cast, late, chair)
    busy, elsewhere, _invitation = asked(elsewhere_in(cast), chair, other_chair, late)
    if elsewhere.starts_at != meeting.starts_at:
        actions.shift_meeting(
            cast.actor(cast.coordinator), application.case_id, elsewhere.starts_at, reason="改期", at=cast.at
        )
    joint.answer(cast.actor(late), invitation.id, accepts=True, at=cast.later(minutes=1))
    assert list(MeetingSeat.objects.filter(account=late).values_list("meeting_id", flat=True)) == [elsewhere.id]
    outbox.run_pending(cast.later(minutes=1))
    assert told(actions.SEATLESS) == {late.id, cast.coordinator.id}
    assert told(actions.SEATED) == set()
    assert {busy.id, application.id} == {elsewhere.application_id, meeting.application_id}


def test_who_is_away_then_gets_no_seat_either(cast):
    late, chair, _other = cast.experts
    _application, meeting, invitation = asked(cast, late, chair)
    add_absence(late.id, kind="leave", starts_at=meeting.starts_at, ends_at=meeting.starts_at + timedelta(hours=1),
                actor=cast.actor(late), at=cast.at)  # fmt: skip
    joint.answer(cast.actor(late), invitation.id, accepts=True, at=cast.at)
    assert not MeetingSeat.objects.filter(account=late).exists()
    outbox.run_pending(cast.later(minutes=1))
    assert told(actions.SEATLESS) == {late.id, cast.coordinator.id}


def test_who_accepts_while_no_time_is_fixed_hears_of_no_seat(cast):
    make.reviewing(cast, wants_meeting=True)
    outbox.run_pending(cast.later(minutes=1))
    assert told(actions.SEATED) | told(actions.SEATLESS) == set()
    assert MeetingSeat.objects.count() == 0


def test_who_is_released_has_the_hour_of_the_meeting_back(cast):
    ill, chair, other = cast.experts
    application, meeting, _invitation = asked(cast, other, chair, ill)
    assert MeetingSeat.objects.filter(meeting=meeting, account=ill).exists()
    seat = application.invitations.get(expert=ill)
    joint.release_expert(
        cast.actor(cast.coordinator), application.case_id, seat.id, reason="专家生病住院", at=cast.later(minutes=5)
    )
    assert not MeetingSeat.objects.filter(account=ill).exists()
    assert MeetingSeat.objects.filter(meeting=meeting, account=chair).exists()
