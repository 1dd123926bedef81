"""Two hands on the roster: whoever comes on duty is rung once for what waits, and one at a time."""

from datetime import timedelta
from functools import partial

from huizhen.consult.duty import actions, jobs, queries
from huizhen.consult.duty.effects import ring_for_waiting
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import notify, outbox
from huizhen.people.tests.builders import make_member
from tests.races.hands import refusals, together


def test_two_doctors_put_on_duty_at_once_are_rung_one_at_a_time(cast):
    leads = [cast.actor(make_member("team_lead", cast.platform, name=name).account) for name in ("组长甲", "组长乙")]
    case_ids = sorted(make.submitted(cast, urgency="urgent").case_id for _case in range(3))
    outbox.run_pending(cast.later(seconds=5))
    span = {"starts_at": cast.at, "ends_at": cast.at + timedelta(hours=8), "at": cast.at}
    put_on = [
        partial(actions.add_shift, cast.platform.id, expert.id, actor=lead, place=place, **span)
        for place, (lead, expert) in enumerate(zip(leads, cast.experts, strict=False), start=1)
    ]
    assert refusals(together(*put_on)) == []
    ring = partial(ring_for_waiting, {})
    assert refusals(together(ring, ring, partial(jobs.ring_through, 0))) == []
    outbox.run_pending(cast.later(seconds=1))
    assert [one.case_id for one in queries.list_rings(case_ids)] == case_ids
    first = cast.experts[0]
    assert [one.kind for one in notify.list_inbox(first.id)].count(actions.RING) == len(case_ids)
