"""Two hands on the chair of a consultation, or on its end, while the report is signed: one version, signed by who held the
chair at that moment, and nobody waits for another in a ring."""

from datetime import timedelta
from functools import partial

import pytest

from huizhen.consult.joint import actions
from huizhen.consult.joint.models import Cosignature, CosigningRule, Report
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import outbox
from huizhen.kernel.access import SYSTEM, NotAllowed, NotVisible
from huizhen.kernel.flow.door import WrongState
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import CaseEvent, Participant
from huizhen.people.availability.actions import add_absence
from huizhen.people.tests.builders import make_practitioner
from tests.races.hands import refusals, together

ILL = "主会诊专家生病住院"
TOLD_NO = (NotAllowed, NotVisible, Refused, WrongState)


def told(application, name):
    return CaseEvent.objects.filter(case_id=application.case_id, kind=f"consult.joint.{name}").count()


def chairs(application):
    people = Participant.objects.filter(case_id=application.case_id, capacity="chair", until=None)
    return list(people.values_list("account_id", flat=True))


def replace(cast, made, expert):
    seat = made.invitations.get(expert=expert)
    return partial(actions.name_chair, cast.actor(cast.coordinator), made.case_id, seat.id, reason=ILL, at=cast.at)


def moment_of(application, name, *, actor=None):
    """The place in the time line of what somebody did."""
    rows = CaseEvent.objects.filter(case_id=application.case_id, kind=f"consult.joint.{name}")
    return (rows.filter(actor=actor) if actor else rows).values_list("number", flat=True).get()


@pytest.mark.parametrize("round_", range(3))
def test_the_chair_is_replaced_while_the_report_is_signed(cast, round_):
    """The old chair signs, the coordinator names another, the new one signs: whoever signs first signs alone, as the
    chair of that moment, and whoever comes too late is told."""
    made, (old, new, _third) = make.drafting(cast), cast.experts
    first, named, second = together(
        partial(actions.approve_report, cast.actor(old), made.case_id, at=cast.at),
        replace(cast, made, new),
        partial(actions.approve_report, cast.actor(new), made.case_id, at=cast.at),
    )
    assert all(one is None or isinstance(one, (Report, *TOLD_NO)) for one in (first, named, second))
    if isinstance(first, Report):
        assert (type(named), isinstance(second, TOLD_NO), chairs(made)) == (Refused, True, [old.id])
    else:
        assert (named, chairs(made)) == (None, [new.id])
        if not isinstance(second, Report):
            actions.approve_report(cast.actor(new), made.case_id, at=cast.at)
        assert moment_of(made, "replace_chair") < moment_of(made, "approve_report", actor=new)
    outbox.run_pending(cast.later(minutes=1))
    report = Report.objects.get()
    assert (make.state(made), [report.approved_by_id]) == ("delivered", chairs(made))
    assert (told(made, "approve_report"), told(made, "deliver")) == (1, 1)


def test_the_chair_is_replaced_while_the_last_cosigner_signs(cast):
    """Either the report goes out as the old chair approved it, or the new one signs it anew, and no signature is left
    of the version that was taken back."""
    made, (old, new, third) = make.drafting(cast), cast.experts
    CosigningRule.objects.create(specialty_id=made.specialty_id)
    actions.approve_report(cast.actor(old), made.case_id, at=cast.at)
    actions.cosign(cast.actor(new), made.case_id, at=cast.at)
    signed, named = together(
        partial(actions.cosign, cast.actor(third), made.case_id, at=cast.at), replace(cast, made, new)
    )
    outbox.run_pending(cast.later(minutes=1))
    report = Report.objects.get()
    if signed is None:
        assert (type(named), make.state(made), report.approved_by_id) == (Refused, "delivered", old.id)
    else:
        assert isinstance(signed, TOLD_NO), signed
        assert (named, make.state(made), report.approved_by_id) == (None, "drafting", None)
        assert (Cosignature.objects.count(), chairs(made)) == (0, [new.id])


def test_chair_and_head_open_the_same_closed_case(cast):
    """Back from leave early, the chair corrects a report in the moment the head who stands in does: one of them has the
    draft, and signs it; the other has no part in it."""
    made, chair = make.delivered(cast), cast.experts[0]
    actions.make_move(cast.actor(cast.applicant), made.case_id, "close", at=cast.later(days=1))
    head = make_practitioner(chair.practitioner.organisation, name="科主任", role="department_head").account
    day = timedelta(days=1)
    add_absence(chair.id, kind="leave", starts_at=cast.at, ends_at=cast.at + day, actor=SYSTEM, at=cast.at)
    both = [cast.actor(chair), cast.actor(head)]
    correct = [partial(actions.correct_closed, who, made.case_id, reason="笔误", at=cast.at) for who in both]
    outcomes = together(*correct)
    assert refusals(outcomes) == [WrongState]
    [winner] = [who for who, one in zip(both, outcomes, strict=True) if isinstance(one, Report)]
    assert (make.state(made), told(made, "correct_closed"), chairs(made)) == ("drafting", 1, [winner.account_id])
    sign = [partial(actions.approve_report, who, made.case_id, at=cast.at) for who in both]
    assert refusals(together(*sign)) == [NotVisible]
    outbox.run_pending(cast.later(minutes=1))
    assert list(Report.objects.order_by("version").values_list("version", "approved_by_id")) == [
        (1, chair.id), (2, winner.account_id),
    ]  # fmt: skip
    assert (make.state(made), told(made, "deliver_late"), chairs(made)) == ("closed", 1, [])


def test_an_expert_is_released_while_signing(cast):
    """Either the opinion stands, and nobody is released, or the expert is gone and nothing was signed."""
    made, last = make.reviewing(cast), cast.experts[2]
    for expert in cast.experts[:2]:
        make.sign(cast, made, expert)
    actions.save_opinion(cast.actor(last), made.case_id, actions.OpinionFields("", "考虑早期肺癌。", ""), at=cast.at)
    seat = made.invitations.get(expert=last)
    signed, released = together(
        partial(actions.sign_opinion, cast.actor(last), made.case_id, at=cast.at),
        partial(actions.release_expert, cast.actor(cast.coordinator), made.case_id, seat.id, reason="生病", at=cast.at),
    )
    outcomes = [signed, released]
    assert len(refusals(outcomes)) == 1, outcomes
    assert all(issubclass(one, TOLD_NO) for one in refusals(outcomes)), outcomes
    standing = made.opinions.exclude(signed_at=None).count()
    assert (make.state(made), standing) == ("drafting", 2 if released is None else 3)
    assert (told(made, "start_drafting"), Report.objects.count()) == (1, 1)


def test_the_case_is_referred_while_the_report_is_signed(cast):
    """Either the patient goes to hospital or the report goes out: never an approved report of a case that has ended."""
    made, coordinator = make.drafting(cast), cast.actor(cast.coordinator)
    refer = partial(actions.make_move, coordinator, made.case_id, "refer", reason="需要急诊手术", at=cast.at)
    approved, referred = together(
        partial(actions.approve_report, cast.actor(cast.experts[0]), made.case_id, at=cast.at), refer
    )
    outbox.run_pending(cast.later(minutes=1))
    report = Report.objects.get()
    if isinstance(approved, Report):
        assert (type(referred), make.state(made), told(made, "deliver")) == (Refused, "delivered", 1)
    else:
        assert type(approved) in (NotAllowed, NotVisible, WrongState), approved
        assert (make.state(made), report.approved_at, report.file_id) == ("referred", None, None)


def test_the_case_is_referred_while_the_file_is_made(cast):
    made, coordinator = make.drafting(cast), cast.actor(cast.coordinator)
    actions.approve_report(cast.actor(cast.experts[0]), made.case_id, at=cast.at)
    refer = partial(actions.make_move, coordinator, made.case_id, "refer", reason="需要急诊手术", at=cast.at)
    issued, referred = together(partial(actions.issue_report, made.case_id, at=cast.at), refer)
    assert (issued, type(referred) in (Refused, WrongState)) == (None, True), referred
    assert (make.state(made), told(made, "deliver"), told(made, "refer")) == ("delivered", 1, 0)
