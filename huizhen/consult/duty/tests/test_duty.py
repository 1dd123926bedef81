"""An urgent consultation rings through the roster until somebody takes it."""

from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.db import connection

from huizhen.consult.duty import actions, jobs, queries
from huizhen.consult.duty.models import Unheard
from huizhen.consult.joint import actions as joint
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.joint.tests.conftest import _signing  # noqa: F401 - stories end in signatures
from huizhen.kernel import notify, outbox
from huizhen.kernel.access import SYSTEM, NotAllowed, NotVisible
from huizhen.kernel.flow.acts import set_urgency
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.queries import list_timeline
from huizhen.people.tests.builders import make_member, make_practitioner

UNHEARD = import_module("huizhen.consult.migrations.0018_unheard_cases")


@pytest.fixture
def cast(db):
    """Everybody a consultation needs, two of them on duty and a third after them."""
    with time_machine.travel(make.MONDAY, tick=False) as travel:
        people = make.make_cast(travel)
        for place, expert in enumerate(people.experts, start=1):
            actions.add_shift(
                people.platform.id, expert.id, starts_at=people.at - timedelta(hours=1),
                ends_at=people.at + timedelta(hours=9), place=place, patience=5, actor=SYSTEM, at=people.at,
            )  # fmt: skip
        yield people


def ringing(cast, expert):
    return [one.case_id for one in queries.list_ringing(expert.id)]


def nobody_on_duty(cast):
    for shift in queries.list_shifts([cast.platform.id], since=cast.at):
        actions.cancel_shift(shift.id, actor=SYSTEM, at=cast.at)


def put_on_duty(cast, expert, *, starts_at=None):
    starts_at = starts_at or cast.at
    return actions.add_shift(
        cast.platform.id, expert.id, starts_at=starts_at, ends_at=starts_at + timedelta(hours=8), actor=SYSTEM,
        at=cast.at,
    )  # fmt: skip


def test_the_roster_is_rung_in_order_until_somebody_takes_the_case(cast):
    first, second, third = cast.experts
    application = make.submitted(cast, urgency="urgent")
    outbox.run_pending(cast.later(seconds=5))
    case_id = application.case_id
    assert ringing(cast, first) == [case_id]
    assert any(entry.kind == actions.RING for entry in notify.list_inbox(first.id))
    with pytest.raises(NotVisible):
        access_joint(cast.actor(first), case_id)
    jobs.ring_through(0)
    assert ringing(cast, second) == []
    cast.later(minutes=6)
    jobs.ring_through(0)
    jobs.ring_through(0)
    assert (ringing(cast, first), ringing(cast, second)) == ([], [case_id])
    [ring] = queries.list_ringing(second.id)
    actions.pass_on(cast.actor(second), ring.id, at=cast.at)
    [last] = queries.list_ringing(third.id)
    with pytest.raises(NotVisible):
        actions.take(cast.actor(first), last.id, at=cast.at)
    late = queries.list_rings([case_id])[0]
    for _twice in range(2):
        actions.take(cast.actor(first), late.id, at=cast.at)
    assert access_joint(cast.actor(first), case_id).capacities == {"duty"}
    with pytest.raises(Refused, match="duty_over"):
        actions.take(cast.actor(third), last.id, at=cast.at)
    cast.later(minutes=30)
    jobs.ring_through(0)
    assert [one.state for one in queries.list_rings([case_id])] == ["taken", "passed", "ended"]


def test_nobody_answers_and_the_team_lead_is_told_once(cast):
    lead = make_member("team_lead", cast.platform).account
    make.submitted(cast, urgency="urgent")
    outbox.run_pending(cast.later(seconds=5))
    for _minutes in range(6):
        cast.later(minutes=6)
        jobs.ring_through(0)
    assert [entry.kind for entry in notify.list_inbox(lead.id)].count(actions.NOBODY) == 1


def test_an_urgent_case_that_finds_nobody_on_duty_tells_the_team_lead_at_once(cast):
    lead = make_member("team_lead", cast.platform).account
    nobody_on_duty(cast)
    application = make.submitted(cast, urgency="urgent")
    outbox.run_pending(cast.later(seconds=5))
    assert [entry.kind for entry in notify.list_inbox(lead.id)].count(actions.UNMANNED) == 1
    for _again in range(2):
        assert actions.ring(application.case_id, at=cast.at) is None
    assert queries.list_rings([application.case_id]) == []
    [told] = [entry for entry in notify.list_inbox(lead.id) if entry.kind == actions.UNMANNED]
    assert told.urgency == "urgent"
    shown = [one.kind for one in list_timeline(application.case_id, audience="staff")]
    assert shown.count(actions.EMPTY) == 1


def test_who_is_put_on_duty_afterwards_is_rung_for_what_still_waits(cast):
    first, second, third = cast.experts
    nobody_on_duty(cast)
    unheard, other = make.submitted(cast, urgency="urgent"), make.submitted(cast, urgency="urgent")
    ordinary, gone = make.submitted(cast), make.submitted(cast, urgency="urgent")
    joint.make_move(cast.actor(cast.applicant), gone.case_id, "withdraw", at=cast.at)
    outbox.run_pending(cast.later(seconds=5))
    assert queries.list_rings([unheard.case_id, other.case_id, ordinary.case_id, gone.case_id]) == []
    put_on_duty(cast, first)
    put_on_duty(cast, second)
    outbox.run_pending(cast.later(seconds=1))
    assert ringing(cast, first) == [unheard.case_id, other.case_id]
    assert ringing(cast, second) == []
    [ring, _other] = queries.list_ringing(first.id)
    actions.take(cast.actor(first), ring.id, at=cast.at)
    put_on_duty(cast, third)
    outbox.run_pending(cast.later(seconds=1))
    jobs.ring_through(0)
    assert [one.account_id for one in queries.list_rings([unheard.case_id])] == [first.id]


def test_what_waits_for_somebody_on_duty_waits_no_longer_than_it_is_urgent_and_open(cast):
    nobody_on_duty(cast)
    calmed, gone, waits = (make.submitted(cast, urgency="urgent") for _case in range(3))
    outbox.run_pending(cast.later(seconds=5))
    assert set(Unheard.objects.values_list("case_id", flat=True)) == {calmed.case_id, gone.case_id, waits.case_id}
    set_urgency(calmed.case_id, "normal", actor=SYSTEM, at=cast.at, reason="病情平稳")
    joint.make_move(cast.actor(cast.applicant), gone.case_id, "withdraw", at=cast.at)
    jobs.ring_through(0)
    assert list(Unheard.objects.values_list("case_id", flat=True)) == [waits.case_id]
    put_on_duty(cast, cast.experts[0])
    outbox.run_pending(cast.later(seconds=1))
    assert not Unheard.objects.exists()


def test_what_was_unheard_before_waits_for_whoever_comes_on_duty(cast):
    nobody_on_duty(cast)
    before = make.submitted(cast, urgency="urgent")
    make.submitted(cast)
    outbox.run_pending(cast.later(seconds=5))
    Unheard.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(UNHEARD.WAITING)
    assert list(Unheard.objects.values_list("case_id", flat=True)) == [before.case_id]


def test_a_shift_that_begins_rings_for_what_nobody_took_before(cast):
    first, second, _third = cast.experts
    nobody_on_duty(cast)
    put_on_duty(cast, first)
    put_on_duty(cast, second, starts_at=cast.at + timedelta(hours=1))
    application = make.submitted(cast, urgency="urgent")
    outbox.run_pending(cast.later(seconds=5))
    [ring] = queries.list_ringing(first.id)
    actions.pass_on(cast.actor(first), ring.id, at=cast.at)
    jobs.ring_through(0)
    assert ringing(cast, second) == []
    cast.later(hours=1)
    for _twice in range(2):
        jobs.ring_through(0)
    assert ringing(cast, second) == [application.case_id]
    assert len(queries.list_rings([application.case_id])) == 2


def test_nobody_is_rung_for_a_consultation_whose_report_is_there(cast):
    nobody_on_duty(cast)
    application = make.delivered(cast, urgency="urgent")
    put_on_duty(cast, cast.experts[0])
    outbox.run_pending(cast.later(seconds=1))
    jobs.ring_through(0)
    assert queries.list_rings([application.case_id]) == []


def test_a_case_made_urgent_again_after_everybody_was_rung_tells_the_team_lead(cast):
    lead = make_member("team_lead", cast.platform).account
    _first, *others = queries.list_shifts([cast.platform.id], since=cast.at)
    for shift in others:
        actions.cancel_shift(shift.id, actor=SYSTEM, at=cast.at)
    application = make.submitted(cast, urgency="urgent")
    outbox.run_pending(cast.later(seconds=5))
    coordinator = cast.actor(cast.coordinator)
    for urgency in ("normal", "urgent"):
        set_urgency(application.case_id, urgency, actor=coordinator, reason="重新评估", at=cast.later(minutes=6))
        jobs.ring_through(0)
        outbox.run_pending(cast.at)
    assert [one.state for one in queries.list_rings([application.case_id])] == ["ended"]
    assert ringing(cast, cast.experts[0]) == []
    assert [entry.kind for entry in notify.list_inbox(lead.id)].count(actions.NOBODY) == 1


def test_an_ordinary_consultation_rings_nobody(cast):
    make.submitted(cast)
    outbox.run_pending(cast.later(seconds=5))
    assert ringing(cast, cast.experts[0]) == []


def test_the_roster_is_kept_by_who_may(cast):
    lead = cast.actor(make_member("team_lead", cast.platform).account)
    span = {"starts_at": cast.at, "ends_at": cast.at + timedelta(hours=1), "at": cast.at}
    doctor = make_practitioner().account
    with pytest.raises(NotAllowed):
        actions.add_shift(cast.platform.id, doctor.id, actor=cast.actor(cast.coordinator), **span)
    with pytest.raises(actions.BadShift):
        actions.add_shift(cast.platform.id, doctor.id, actor=lead, **{**span, "ends_at": cast.at})
    made = actions.add_shift(cast.platform.id, doctor.id, actor=lead, **span)
    for _twice in range(2):
        actions.cancel_shift(made.id, actor=lead, at=cast.at)
    assert doctor.id not in {one.account_id for one in queries.list_on_duty(cast.platform.id, at=cast.at)}
