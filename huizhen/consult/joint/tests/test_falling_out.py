"""Somebody falls ill in the middle of a consultation: an expert, the chair, who must co-sign. The case goes on."""

import pytest

from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.models import Cosignature, CosigningRule, Report
from huizhen.consult.joint.queries import get_report, list_cosigners
from huizhen.kernel import clock, outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.flow.door import NeedsMissing, WrongState
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import CaseDeadline, CaseEvent
from huizhen.kernel.notify.models import Notification

from . import builders as make

pytestmark = pytest.mark.django_db
ILL = "专家生病住院"


def told(name):
    outbox.run_pending(clock.now())
    rows = Notification.objects.filter(kind=f"consult.joint.{name}")
    return set(rows.values_list("account_id", flat=True))


def why(application, name):
    """The reasons given in the time line for a move, oldest first."""
    rows = CaseEvent.objects.filter(case_id=application.case_id, kind=f"consult.joint.{name}").order_by("number")
    return [(row.reason, row.audience) for row in rows]


def seat(application, expert):
    return application.invitations.get(expert=expert, state="accepted")


def running(application):
    rows = CaseDeadline.objects.filter(case_id=application.case_id, ended_at=None, holder__isnull=False)
    return set(rows.values_list("holder_id", flat=True))


def release(cast, application, expert, reason=ILL):
    invitation = seat(application, expert)
    actions.release_expert(
        cast.actor(cast.coordinator), application.case_id, invitation.id, reason=reason, at=cast.later(minutes=5)
    )


def replace(cast, application, expert, reason=ILL):
    actions.name_chair(
        cast.actor(cast.coordinator), application.case_id, seat(application, expert).id, reason=reason,
        at=cast.later(minutes=5),
    )  # fmt: skip


def finish(cast, application, chair):
    """The chair signs the report off, and it goes out."""
    actions.approve_report(cast.actor(chair), application.case_id, at=cast.later(minutes=5))
    outbox.run_pending(cast.later(minutes=1))


def test_an_expert_who_cannot_go_on_is_released_and_the_report_is_drafted(cast):
    application, ill = make.reviewing(cast), cast.experts[2]
    for expert in cast.experts[:2]:
        make.sign(cast, application, expert)
    with pytest.raises(NeedsMissing):
        release(cast, application, ill, reason=" ")
    with pytest.raises(NotAllowed):
        actions.release_expert(
            cast.actor(cast.experts[0]), application.case_id, seat(application, ill).id, reason=ILL, at=cast.at
        )
    release(cast, application, ill)
    assert make.state(application) == "drafting", "nobody is waited for any more"
    assert why(application, "release_expert") == [(ILL, "staff")]
    assert ill.id in told("release_expert")
    with pytest.raises(NotVisible):
        access_joint(cast.actor(ill), application.case_id)
    finish(cast, application, cast.experts[0])
    assert make.state(application) == "delivered"


def test_only_whose_opinion_is_awaited_is_released_and_the_chair_makes_room_first(cast):
    application = make.reviewing(cast)
    make.sign(cast, application, cast.experts[1])
    with pytest.raises(Refused, match="nothing_awaited"):
        release(cast, application, cast.experts[1])
    with pytest.raises(Refused, match="chair_first"):
        release(cast, application, cast.experts[0])
    replace(cast, application, cast.experts[1], reason="")
    assert running(application) == {cast.experts[0].id, cast.experts[2].id}, "who still reads keeps a clock"
    release(cast, application, cast.experts[0])
    assert running(application) == {cast.experts[2].id}


def test_the_panel_never_falls_below_the_departments_number(cast):
    application, ill = make.reviewing(cast), cast.experts[2]
    type(application).objects.filter(id=application.id).update(quorum=3)
    with pytest.raises(Refused, match="too_few_experts"):
        release(cast, application, ill)
    fresh = make.make_practitioner(cast.experts[0].practitioner.organisation, name="接替专家").account
    [asked] = actions.invite(cast.actor(cast.coordinator), application.case_id, [fresh.id], at=cast.at)
    actions.answer(cast.actor(fresh), asked.id, accepts=True, at=cast.at)
    release(cast, application, ill)
    assert running(application) == {*(one.id for one in cast.experts[:2]), fresh.id}


def test_in_the_meeting_too_somebody_else_is_asked_and_who_is_ill_released(cast):
    application = make.reviewing(cast, wants_meeting=True)
    chair, coordinator = cast.actor(cast.experts[0]), cast.actor(cast.coordinator)
    type(application).objects.filter(id=application.id).update(quorum=3)
    actions.make_move(chair, application.case_id, "call_meeting", at=cast.later(minutes=5))
    fresh = make.make_practitioner(cast.experts[0].practitioner.organisation, name="接替专家").account
    [asked] = actions.invite(coordinator, application.case_id, [fresh.id], at=cast.at)
    actions.answer(cast.actor(fresh), asked.id, accepts=True, at=cast.at)
    with pytest.raises(NeedsMissing):
        replace(cast, application, cast.experts[1], reason="")
    replace(cast, application, cast.experts[1])
    assert make.fresh(application).case.owner_id == cast.experts[1].id
    release(cast, application, cast.experts[0])
    for expert in (*cast.experts[1:], fresh):
        make.sign(cast, application, expert)
    actions.make_move(cast.actor(cast.experts[1]), application.case_id, "start_drafting", at=cast.later(minutes=5))
    assert make.state(application) == "drafting"


def test_asked_to_look_again_and_ill_the_opinion_stands_as_it_was_signed(cast):
    application, ill = make.drafting(cast), cast.experts[2]
    outbox.run_pending(cast.at)
    actions.reopen_review(
        cast.actor(cast.experts[0]), application.case_id, reason="补了 CT", experts=[ill.id], at=cast.later(minutes=5)
    )
    release(cast, application, ill)
    assert make.state(application) == "drafting"
    assert seat(application, ill).asked_again_at is None, "who has signed stays on the panel"
    finish(cast, application, cast.experts[0])
    assert make.state(application) == "delivered"


@pytest.mark.parametrize("corrected", [False, True])
def test_the_chair_is_replaced_at_the_desk_and_the_new_one_signs(cast, corrected):
    old, new = cast.experts[:2]
    application = make.delivered(cast) if corrected else make.drafting(cast)
    if corrected:
        actions.correct_report(cast.actor(old), application.case_id, reason="笔误", at=cast.later(minutes=1))
    outbox.run_pending(cast.at)
    due_at = make.fresh(application).case.due_at
    with pytest.raises(NeedsMissing):
        replace(cast, application, new, reason=" ")
    replace(cast, application, new)
    case = make.fresh(application).case
    assert (case.state, case.owner_id, case.due_at) == ("drafting", new.id, due_at)
    assert why(application, "replace_chair") == [(ILL, "staff")]
    assert {old.id, new.id} <= told("replace_chair")
    with pytest.raises(NotAllowed):
        actions.approve_report(cast.actor(old), application.case_id, at=cast.at)
    finish(cast, application, new)
    assert (make.state(application), get_report(application.id).approved_by_id) == ("delivered", new.id)


def test_an_approved_report_that_is_being_made_keeps_its_chair(cast):
    application = make.drafting(cast)
    actions.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=5))
    with pytest.raises(Refused, match="report_approved"):
        replace(cast, application, cast.experts[1])
    outbox.run_pending(cast.at)
    assert get_report(application.id).approved_by_id == cast.experts[0].id
    with pytest.raises(WrongState):
        replace(cast, application, cast.experts[1])


def test_a_report_that_waits_for_signatures_goes_to_the_new_chairs_desk(cast):
    application = make.drafting(cast)
    CosigningRule.objects.create(specialty_id=application.specialty_id)
    actions.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=5))
    actions.cosign(cast.actor(cast.experts[2]), application.case_id, at=cast.later(minutes=5))
    replace(cast, application, cast.experts[1])
    case, report = make.fresh(application).case, Report.objects.get()
    assert (case.state, case.owner_id) == ("drafting", cast.experts[1].id)
    assert (report.approved_by_id, report.approved_at, Cosignature.objects.count()) == (None, None, 0)
    assert why(application, "replace_signed_chair") == [(ILL, "staff")]
    actions.approve_report(cast.actor(cast.experts[1]), application.case_id, at=cast.later(minutes=5))
    for expert in (cast.experts[0], cast.experts[2]):
        actions.cosign(cast.actor(expert), application.case_id, at=cast.later(minutes=1))
    with pytest.raises(Refused, match="report_approved"):
        replace(cast, application, cast.experts[2])
    outbox.run_pending(cast.later(minutes=1))
    assert (make.state(application), get_report(application.id).approved_by_id) == ("delivered", cast.experts[1].id)


def test_a_correction_after_the_end_changes_hands_and_access_ends_with_it(cast):
    application, (old, new, _third) = make.delivered(cast), cast.experts
    actions.make_move(cast.actor(cast.applicant), application.case_id, "close", at=cast.later(days=1))
    actions.correct_closed(cast.actor(old), application.case_id, reason="笔误", at=cast.later(days=30))
    replace(cast, application, new)
    assert old.id in told("replace_chair")
    with pytest.raises(NotVisible):
        access_joint(cast.actor(old), application.case_id)
    finish(cast, application, new)
    assert (make.state(application), get_report(application.id).approved_by_id) == ("closed", new.id)
    with pytest.raises(NotVisible):
        access_joint(cast.actor(new), application.case_id)


def test_who_must_cosign_and_cannot_is_released_with_a_reason(cast):
    application, coordinator = make.drafting(cast), cast.actor(cast.coordinator)
    second, ill = cast.experts[1:]
    CosigningRule.objects.create(specialty_id=application.specialty_id)
    actions.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=5))
    given = {"reason": ILL, "at": cast.later(minutes=5)}
    with pytest.raises(NotAllowed):
        actions.release_cosigner(cast.actor(cast.experts[0]), application.case_id, ill.id, **given)
    with pytest.raises(NeedsMissing):
        actions.release_cosigner(coordinator, application.case_id, ill.id, reason=" ", at=cast.at)
    actions.release_cosigner(coordinator, application.case_id, ill.id, **given)
    with pytest.raises(Refused, match="cosigned"):
        actions.release_cosigner(coordinator, application.case_id, ill.id, **given)
    with pytest.raises(NotAllowed):
        actions.cosign(cast.actor(ill), application.case_id, at=cast.at)
    assert why(application, "release_cosigner") == [(ILL, "staff")]
    assert {cast.experts[0].id, ill.id} <= told("release_cosigner")
    assert (make.state(application), running(application)) == ("cosigning", {second.id})
    actions.cosign(cast.actor(second), application.case_id, at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))
    assert make.state(application) == "delivered"
    assert list_cosigners(get_report(application.id).id) == [second.id]


def test_with_the_last_cosigner_released_the_report_goes_out(cast):
    application, coordinator = make.drafting(cast), cast.actor(cast.coordinator)
    CosigningRule.objects.create(specialty_id=application.specialty_id)
    actions.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=5))
    for expert in cast.experts[1:]:
        actions.release_cosigner(coordinator, application.case_id, expert.id, reason=ILL, at=cast.later(minutes=5))
    outbox.run_pending(cast.later(minutes=1))
    assert (make.state(application), list_cosigners(get_report(application.id).id)) == ("delivered", [])
