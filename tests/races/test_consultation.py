"""Two hands on one joint consultation: one winner, the other told, nothing twice."""

from functools import partial

from huizhen.consult.joint import actions
from huizhen.consult.joint.families import actions as families
from huizhen.consult.joint.families.access import access_link
from huizhen.consult.joint.families.models import FamilyLink
from huizhen.consult.joint.models import Invitation, InvitationState, Opinion, Report
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.door import WrongState
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import Case, CaseDeadline, CaseEvent, Participant
from huizhen.kernel.flow.sweep import sweep_all
from huizhen.people.credentials.models import Practitioner
from huizhen.people.tests.builders import make_member
from huizhen.records.consent.models import Consent
from tests.races.hands import refusals, together


def coordinators(cast):
    second = make_member("coordinator", cast.platform, name="另一位调度").account
    return [cast.actor(cast.coordinator), cast.actor(second)]


def told(application, name):
    return CaseEvent.objects.filter(case_id=application.case_id, kind=f"consult.joint.{name}").count()


def taking_part(application, capacity):
    people = Participant.objects.filter(case_id=application.case_id, capacity=capacity, until=None)
    return list(people.values_list("account_id", flat=True))


def test_the_same_application_sent_twice_at_once_is_one(cast):
    sent, actor = make.wanted(cast), cast.actor(cast.applicant)
    outcomes = together(*[partial(actions.submit, actor, sent, at=cast.at)] * 4)
    assert len({application.id for application in outcomes}) == 1
    assert (Case.objects.count(), Consent.objects.count()) == (1, 1)


def test_two_coordinators_make_the_same_move(cast):
    made = make.submitted(cast)
    moves = [partial(actions.make_move, who, made.case_id, "accept_material", at=cast.at) for who in coordinators(cast)]
    assert refusals(together(*moves)) == [WrongState]
    assert (make.state(made), told(made, "accept_material")) == ("received", 1)


def test_material_is_asked_for_while_it_is_supplied(cast):
    """Both hold the case first, so neither waits for what the other has; who supplies too early is told the state."""
    for _time in range(5):
        made = make.submitted(cast)
        ask = partial(
            actions.ask_material, cast.actor(cast.coordinator), made.case_id, missing=["imaging"], note="", at=cast.at
        )
        supply = partial(
            actions.supply_material, cast.actor(cast.applicant), made.case_id, summary="女，68岁，补充：无发热，无咳嗽，无胸痛。",
            at=cast.at,
        )  # fmt: skip
        outcomes = together(ask, supply)
        assert set(refusals(outcomes)) <= {WrongState}, outcomes
        assert (told(made, "ask_material"), told(made, "supply_material")) in ((1, 0), (1, 1))


def test_two_coordinators_invite_the_same_expert(cast):
    made, expert = make.assigning(cast), cast.experts[0]
    outcomes = together(
        *[partial(actions.invite, who, made.case_id, [expert.id], at=cast.at) for who in coordinators(cast)]
    )
    assert refusals(outcomes) == [Refused]
    assert (told(made, "invite"), Invitation.objects.count(), taking_part(made, "invitee")) == (1, 1, [expert.id])
    assert CaseDeadline.objects.filter(case_id=made.case_id, name__startswith="invitation:").count() == 1


def test_two_coordinators_want_the_last_place_in_an_experts_week(cast):
    """One is asked, the other is told whose week is full; told to all the same, the second is asked too, once."""
    expert = cast.experts[0]
    Practitioner.objects.filter(account=expert).update(weekly_limit=1)
    cases, hands = [make.assigning(cast), make.assigning(cast)], coordinators(cast)
    ask = [
        partial(actions.invite, who, one.case_id, [expert.id], at=cast.at)
        for who, one in zip(hands, cases, strict=True)
    ]
    outcomes = together(*ask)
    assert refusals(outcomes) == [Refused]
    late = next(place for place, outcome in enumerate(outcomes) if isinstance(outcome, Refused))
    lost = cases[late]
    assert (outcomes[late].code, outcomes[late].details) == ("week_full", {"experts": [str(expert.id)]})
    assert (Invitation.objects.count(), told(lost, "invite"), taking_part(lost, "invitee")) == (1, 0, [])
    assert not CaseDeadline.objects.filter(case_id=lost.case_id, name__startswith="invitation:").exists()
    all_the_same = partial(ask[late], despite_limit=True)
    again = together(all_the_same, all_the_same)
    assert [one.code for one in again if isinstance(one, Refused)] == ["already_invited"]
    assert (Invitation.objects.count(), taking_part(lost, "invitee")) == (2, [expert.id])
    noted = AuditEntry.objects.filter(action="consult.joint.invited_despite_limit", subject_id=str(expert.id))
    assert [(entry.case_id, entry.data["week"], entry.data["limit"]) for entry in noted] == [(lost.case_id, 1, 1)]


def test_two_coordinators_name_different_chairs(cast):
    made = make.reviewing(cast)
    others = Invitation.objects.filter(application=made, is_chair=False)
    pairs = zip(coordinators(cast), others, strict=True)
    outcomes = together(*[partial(actions.name_chair, who, made.case_id, one.id, at=cast.at) for who, one in pairs])
    assert refusals(outcomes) == []
    assert taking_part(made, "chair") == [Invitation.objects.get(is_chair=True).expert_id]


def test_an_invitation_answered_at_the_moment_it_expires(cast):
    made = make.assigning(cast)
    line = [expert.id for expert in cast.experts[:2]]
    first, second = actions.invite(cast.actor(cast.coordinator), made.case_id, line, at=cast.at, in_line=True)
    at, expert = cast.later(days=3), cast.actor(cast.experts[0])

    def expire():
        sweep_all(at)
        outbox.run_pending(at)

    answer, _nothing = together(partial(actions.answer, expert, first.id, accepts=True, at=at), expire)
    outbox.run_pending(at)
    states = dict(Invitation.objects.values_list("id", "state"))
    if isinstance(answer, Exception):
        assert isinstance(answer, Refused | NotVisible)
        assert (states[first.id], states[second.id]) == (InvitationState.EXPIRED, InvitationState.INVITED)
        assert (taking_part(made, "expert"), taking_part(made, "invitee")) == ([], [line[1]])
    else:
        assert (states[first.id], states[second.id]) == (InvitationState.ACCEPTED, InvitationState.QUEUED)
        assert (taking_part(made, "expert"), taking_part(made, "invitee")) == ([line[0]], [])
    running = CaseDeadline.objects.filter(case_id=made.case_id, ended_at=None, holder=cast.experts[0])
    assert not running.filter(name__startswith="invitation:").exists()


def test_the_same_answer_twice_at_once(cast):
    made = make.assigning(cast)
    [invitation] = actions.invite(cast.actor(cast.coordinator), made.case_id, [cast.experts[0].id], at=cast.at)
    accept = partial(actions.answer, cast.actor(cast.experts[0]), invitation.id, accepts=True, at=cast.at)
    assert refusals(together(accept, accept)) == []
    assert (told(made, "accept_invitation"), len(taking_part(made, "expert"))) == (1, 1)


def test_the_last_two_opinions_signed_at_once_begin_one_draft(cast):
    made = make.reviewing(cast)
    make.sign(cast, made, cast.experts[0])
    fields = actions.OpinionFields("右肺上叶结节。", "考虑早期肺癌。", "建议手术。")
    for expert in cast.experts[1:]:
        actions.save_opinion(cast.actor(expert), made.case_id, fields, at=cast.at)
    signs = [partial(actions.sign_opinion, cast.actor(expert), made.case_id, at=cast.at) for expert in cast.experts[1:]]
    assert refusals(together(*signs)) == []
    assert (make.state(made), told(made, "start_drafting")) == ("drafting", 1)
    assert (Report.objects.count(), Opinion.objects.filter(signed_at=None).count()) == (1, 0)


def test_an_opinion_is_signed_while_the_application_is_withdrawn(cast):
    made, expert = make.reviewing(cast), cast.actor(cast.experts[1])
    fields = actions.OpinionFields("右肺上叶结节。", "考虑早期肺癌。", "建议手术。")
    actions.save_opinion(expert, made.case_id, fields, at=cast.at)
    signed, withdrawn = together(
        partial(actions.sign_opinion, expert, made.case_id, at=cast.at),
        partial(actions.make_move, cast.actor(cast.applicant), made.case_id, "withdraw", at=cast.at),
    )
    assert not isinstance(withdrawn, Exception)
    assert isinstance(signed, Opinion | WrongState | NotVisible | NotAllowed)
    assert make.state(made) == "withdrawn"
    assert told(made, "sign_opinion") == Opinion.objects.exclude(signed_at=None).count() == isinstance(signed, Opinion)
    assert not CaseDeadline.objects.filter(case_id=made.case_id, ended_at=None).exists()


def test_an_opinion_is_withdrawn_while_the_last_other_is_signed(cast):
    made = make.reviewing(cast)
    for expert in cast.experts[:2]:
        make.sign(cast, made, expert)
    last = cast.actor(cast.experts[2])
    actions.save_opinion(last, made.case_id, actions.OpinionFields("", "考虑早期肺癌。", ""), at=cast.at)
    signed, withdrawn = together(
        partial(actions.sign_opinion, last, made.case_id, at=cast.at),
        partial(actions.withdraw_opinion, cast.actor(cast.experts[1]), made.case_id, reason="重看", at=cast.at),
    )
    assert not isinstance(signed, Exception)
    assert withdrawn is None or isinstance(withdrawn, WrongState)
    standing = Opinion.objects.exclude(signed_at=None).filter(withdrawn_at=None).count()
    assert (make.state(made), standing) == (("reviewing", 2) if withdrawn is None else ("drafting", 3))


def test_a_report_approved_twice_at_once_is_made_once(cast):
    made, chair = make.drafting(cast), cast.actor(cast.experts[0])
    outbox.run_pending(cast.at)
    approve = partial(actions.approve_report, chair, made.case_id, at=cast.at)
    assert refusals(together(approve, approve)) == [Refused]
    assert told(made, "approve_report") == 1


def test_the_job_that_signs_the_report_runs_twice_at_once(cast):
    made = make.drafting(cast)
    actions.approve_report(cast.actor(cast.experts[0]), made.case_id, at=cast.at)
    issue = partial(actions.issue_report, made.case_id, at=cast.at)
    assert refusals(together(issue, issue)) == []
    assert (make.state(made), told(made, "deliver"), Report.objects.count()) == ("delivered", 1, 1)


def test_a_report_is_sent_back_while_it_is_approved(cast):
    made, chair = make.drafting(cast), cast.actor(cast.experts[0])
    outcomes = together(
        partial(actions.approve_report, chair, made.case_id, at=cast.at),
        partial(actions.reopen_review, chair, made.case_id, reason="再看", at=cast.at),
    )
    outbox.run_pending(cast.later(minutes=1))
    approved = not isinstance(outcomes[0], Exception)
    assert len(refusals(outcomes)) == 1, "either the report goes out or the experts look again"
    assert make.state(made) == ("delivered" if approved else "reviewing")


def test_a_family_link_asked_for_twice_at_once_is_one(cast):
    made = make.submitted(cast)
    people = [cast.actor(cast.applicant), cast.actor(cast.applicant), cast.actor(cast.patient_account)]
    asked = [
        partial(families.make_link, who, made.case_id, name="女儿", phone="13900139000", days=3, at=cast.at)
        for who in people
    ]
    outcomes = together(*asked)
    assert refusals(outcomes) == []
    [kept] = FamilyLink.objects.all()
    assert {(link.id, token) for link, token in outcomes} == {(kept.id, outcomes[0][1])}
    assert access_link(outcomes[0][1], at=cast.at) == kept
