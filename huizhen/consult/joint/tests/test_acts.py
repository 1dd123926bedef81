"""Every act at the wrong moment, by the wrong hand, or twice."""

import pytest
import time_machine

from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.actions.paper import to_content
from huizhen.consult.joint.models import Invitation, InvitationState, Opinion
from huizhen.consult.joint.queries import get_opinion, get_report_in_work, list_signed
from huizhen.kernel import outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.acts import extend
from huizhen.kernel.flow.door import NeedsMissing, WrongState
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import Case, CaseDeadline, CaseEvent, Participant
from huizhen.kernel.flow.queries import get_capacities
from huizhen.kernel.flow.sweep import sweep_all
from huizhen.kernel.notify import list_inbox
from huizhen.kernel.notify.models import Channel, Notification
from huizhen.kernel.notify.words import render
from huizhen.people.credentials.models import Practitioner
from huizhen.people.tests.builders import make_account
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.consent.queries import list_consents
from huizhen.records.documents.access import access_document
from huizhen.records.patients.access import access_patient
from huizhen.records.patients.actions import add_guardian, end_guardian
from huizhen.records.refused import Refused as RecordRefused

from . import builders as make

pytestmark = pytest.mark.django_db


def test_the_same_application_sent_twice_is_one(cast):
    sent = make.wanted(cast)
    actor = cast.actor(cast.applicant)
    first = actions.submit(actor, sent, at=cast.at)
    assert actions.submit(actor, sent, at=cast.later(minutes=1)).id == first.id
    assert Case.objects.count() == 1


def test_without_a_signed_consent_nothing_is_stored(cast):
    sent = make.wanted(cast, consent_file_id=None)
    with pytest.raises(RecordRefused):
        actions.submit(cast.actor(cast.applicant), sent, at=cast.at)
    assert Case.objects.count() == 0


def test_a_patient_applies_for_themself(cast):
    sent = make.wanted(cast, consent_file_id=None, document_ids=())
    made = actions.submit(cast.actor(cast.patient_account), sent, at=cast.at)
    assert list(Participant.objects.filter(case=made.case).values_list("capacity", flat=True)) == ["applicant"]


def test_a_stranger_cannot_apply_for_a_patient(cast):
    stranger = make.make_practitioner(role="applicant").account
    with pytest.raises(NotVisible):
        actions.submit(cast.actor(stranger), make.wanted(cast), at=cast.at)


def test_incomplete_is_named_asked_for_and_supplied(cast):
    made = make.submitted(cast, summary="结节", document_ids=())
    actor = cast.actor(cast.coordinator)
    with pytest.raises(Refused) as refusal:
        actions.make_move(actor, made.case_id, "accept_material", at=cast.at)
    assert refusal.value.details == {"missing": ["summary", "material"]}
    actions.ask_material(actor, made.case_id, missing=["summary", "material"], note="请补充", at=cast.later(minutes=5))
    applicant = cast.actor(cast.applicant)
    with pytest.raises(Refused):
        actions.supply_material(
            applicant, made.case_id, at=cast.at, summary="女，68岁，体检发现右肺上叶磨玻璃结节 12 mm。"
        )
    actions.supply_material(
        applicant, made.case_id, at=cast.later(hours=1), document_ids=[make.make_document(cast)],
        summary="女，68岁，体检发现右肺上叶磨玻璃结节 12 mm。",
    )  # fmt: skip
    assert make.state(made) == "submitted"


def test_an_invitation_expires_and_the_next_in_line_is_asked(cast):
    made = make.assigning(cast)
    line = [expert.id for expert in cast.experts[:2]]
    first, second = actions.invite(cast.actor(cast.coordinator), made.case_id, line, at=cast.at, in_line=True)
    assert second.state == InvitationState.QUEUED
    at = cast.later(days=3)
    sweep_all(at)
    outbox.run_pending(at)
    states = dict(Invitation.objects.values_list("id", "state"))
    assert (states[first.id], states[second.id]) == (InvitationState.EXPIRED, InvitationState.INVITED)
    with pytest.raises(NotVisible):
        actions.answer(cast.actor(cast.experts[0]), first.id, accepts=True, at=at)
    actions.answer(cast.actor(cast.experts[1]), second.id, accepts=True, at=at)


def test_declining_makes_room_and_answering_twice_is_harmless(cast):
    made = make.assigning(cast)
    line = [expert.id for expert in cast.experts[:2]]
    first, second = actions.invite(cast.actor(cast.coordinator), made.case_id, line, at=cast.at, in_line=True)
    actions.answer(cast.actor(cast.experts[0]), first.id, accepts=False, at=cast.at, reason="出差")
    second.refresh_from_db()
    assert second.state == InvitationState.INVITED
    accept = {"accepts": True, "at": cast.later(minutes=1)}
    again = [actions.answer(cast.actor(cast.experts[1]), second.id, **accept) for _time in range(2)]
    assert {answer.state for answer in again} == {InvitationState.ACCEPTED}


def test_nobody_is_invited_twice_and_the_unfit_not_at_all(cast):
    made = make.assigning(cast)
    actor, expert = cast.actor(cast.coordinator), cast.experts[0]
    actions.invite(actor, made.case_id, [expert.id], at=cast.at)
    with pytest.raises(Refused, match="already_invited"):
        actions.invite(actor, made.case_id, [expert.id], at=cast.at)
    with pytest.raises(Refused, match="not_fit"):
        actions.invite(actor, made.case_id, [cast.applicant.id], at=cast.at)
    unfit = make.make_practitioner(accepting=False).account
    with pytest.raises(Refused, match="not_fit"):
        actions.invite(actor, made.case_id, [unfit.id], at=cast.at)


def test_review_needs_experts_and_a_chair(cast):
    made = make.assigning(cast)
    actor = cast.actor(cast.coordinator)
    with pytest.raises(Refused, match="too_few_experts"):
        actions.make_move(actor, made.case_id, "start_review", at=cast.at)
    [invitation] = actions.invite(actor, made.case_id, [cast.experts[0].id], at=cast.at)
    with pytest.raises(Refused, match="not_accepted"):
        actions.name_chair(actor, made.case_id, invitation.id, at=cast.at)
    actions.answer(cast.actor(cast.experts[0]), invitation.id, accepts=True, at=cast.at)
    with pytest.raises(Refused, match="no_chair"):
        actions.make_move(actor, made.case_id, "start_review", at=cast.at)


def test_an_opinion_is_signed_once_and_stays(cast):
    made = make.reviewing(cast)
    make.sign(cast, made, cast.experts[0])
    actor = cast.actor(cast.experts[0])
    first = get_opinion(made.id, actor.account_id)
    assert actions.sign_opinion(actor, made.case_id, at=cast.later(minutes=1)).signed_at == first.signed_at
    with pytest.raises(Refused, match="signed"):
        actions.save_opinion(actor, made.case_id, actions.OpinionFields("a", "b", "c"), at=cast.at)
    with pytest.raises(Exception, match="Cannot update"):
        Opinion.objects.filter(id=first.id).update(stance="dissent")


def test_an_empty_opinion_and_an_unexplained_dissent_are_not_signed(cast):
    made, actor = make.reviewing(cast), cast.actor(cast.experts[1])
    with pytest.raises(Refused, match="empty_opinion"):
        actions.sign_opinion(actor, made.case_id, at=cast.at)
    actions.save_opinion(actor, made.case_id, actions.OpinionFields("", "不同意", "", "dissent"), at=cast.at)
    with pytest.raises(Refused, match="no_stance_reason"):
        actions.sign_opinion(actor, made.case_id, at=cast.at)


def test_a_withdrawn_opinion_stays_on_record_and_is_asked_for_anew(cast):
    made, actor = make.reviewing(cast), cast.actor(cast.experts[1])
    make.sign(cast, made, cast.experts[1])
    with pytest.raises(NeedsMissing):
        actions.withdraw_opinion(actor, made.case_id, reason=" ", at=cast.at)
    actions.withdraw_opinion(actor, made.case_id, reason="看到了新片子", at=cast.later(minutes=1))
    assert CaseDeadline.objects.filter(case_id=made.case_id, holder=cast.experts[1], ended_at=None).count() == 1
    make.sign(cast, made, cast.experts[1])
    versions = Opinion.objects.filter(application=made, expert=cast.experts[1]).order_by("version")
    assert [opinion.version for opinion in versions] == [1, 2]


def test_the_chair_edits_the_draft_and_dissent_survives(cast):
    made, chair = make.drafting(cast), cast.actor(cast.experts[0])
    kept = get_report_in_work(made.id).content["dissents"]
    assert len(kept) == 1
    text = {"conclusion": [{"text": "考虑早期肺癌", "sources": []}], "advice": [], "dissents": []}
    actions.save_report(chair, made.case_id, text, at=cast.at)
    assert get_report_in_work(made.id).content["dissents"] == kept
    with pytest.raises(NotAllowed):
        actions.save_report(cast.actor(cast.experts[1]), made.case_id, text, at=cast.at)


def test_nobody_is_named_for_words_that_the_chair_wrote(cast):
    made, chair = make.drafting(cast), cast.actor(cast.experts[0])
    first = get_report_in_work(made.id).content["conclusion"][0]
    assert len(first["sources"]) == 2
    changed = {"text": "已确诊肺癌。", "sources": first["sources"]}
    part = {"text": f"{first['text'].rstrip('。')}。已确诊肺癌。", "sources": [*first["sources"], "nobody"]}
    actions.save_report(chair, made.case_id, {"conclusion": [changed, part], "advice": []}, at=cast.at)
    assert [one["sources"] for one in get_report_in_work(made.id).content["conclusion"]] == [[], first["sources"]]


def test_a_draft_that_names_somebody_for_other_words_is_put_right_when_it_is_approved(cast):
    made, chair = make.drafting(cast), cast.actor(cast.experts[0])
    report = get_report_in_work(made.id)
    key = report.content["conclusion"][0]["sources"][0]
    report.content = {**report.content, "conclusion": [{"text": "已确诊肺癌。", "sources": [key]}]}
    report.save(update_fields=["content"])
    assert to_content(made, report, list_signed(made.id)).draft.conclusion[0].sources == ()
    actions.approve_report(chair, made.case_id, at=cast.at)
    assert get_report_in_work(made.id).content["conclusion"] == [{"text": "已确诊肺癌。", "sources": []}]


def test_an_empty_report_is_not_approved(cast):
    made, chair = make.drafting(cast), cast.actor(cast.experts[0])
    actions.save_report(chair, made.case_id, {"conclusion": [], "advice": []}, at=cast.at)
    with pytest.raises(Refused, match="no_conclusion"):
        actions.approve_report(chair, made.case_id, at=cast.at)


def test_a_report_is_approved_once(cast):
    made, chair = make.drafting(cast), cast.actor(cast.experts[0])
    actions.approve_report(chair, made.case_id, at=cast.at)
    with pytest.raises(Refused, match="report_approved"):
        actions.approve_report(chair, made.case_id, at=cast.at)


def test_withdrawn_consent_closes_the_materials_at_once(cast):
    made = make.reviewing(cast)
    expert, document = cast.actor(cast.experts[1]), made.materials.first().document_id
    access_document(expert, document)
    [consent] = list_consents(cast.patient.id)
    withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    cast.later(minutes=1)
    with pytest.raises(NotVisible):
        access_document(expert, document)
    for _time in range(2):
        actions.note_consent_withdrawn(made.case_id, consent=consent.id, at=cast.at)
    outbox.run_pending(cast.at)
    assert CaseEvent.objects.filter(case_id=made.case_id, kind="consult.joint.consent_withdrawn").count() == 1
    told = Notification.objects.filter(kind="consult.joint.consent_withdrawn").values_list("account_id", flat=True)
    assert set(told) >= {cast.applicant.id, cast.coordinator.id, cast.experts[1].id}


def test_nobody_is_asked_any_more_when_the_case_is_withdrawn(cast):
    made = make.assigning(cast)
    line = [expert.id for expert in cast.experts[:2]]
    actions.invite(cast.actor(cast.coordinator), made.case_id, line, at=cast.at, in_line=True)
    actions.make_move(cast.actor(cast.applicant), made.case_id, "withdraw", at=cast.later(minutes=1))
    outbox.run_pending(cast.at)
    assert set(Invitation.objects.values_list("state", flat=True)) == {InvitationState.WITHDRAWN}


def test_a_delay_is_told_with_its_reason(cast):
    made = make.reviewing(cast)
    reason = "专家临时有紧急手术"
    until = cast.later(hours=1).replace(hour=23)
    with pytest.raises(NeedsMissing):
        extend(made.case_id, until=until, reason="", actor=cast.actor(cast.coordinator), at=cast.at)
    extend(made.case_id, until=until, reason=reason, actor=cast.actor(cast.coordinator), at=cast.at)
    outbox.run_pending(cast.at)
    assert CaseEvent.objects.get(case_id=made.case_id, kind="consult.joint.extended").reason == reason
    told = Notification.objects.filter(kind="consult.joint.extended").values_list("account_id", flat=True)
    assert set(told) == {cast.applicant.id, cast.patient_account.id}
    for account in (cast.applicant, cast.patient_account):
        body = next(one.body for one in list_inbox(account.id) if one.kind == "consult.joint.extended")
        assert body.endswith(f"原因：{reason}")


def test_the_reason_of_a_delay_leaves_the_house_on_no_channel_and_stays_with_who_takes_part(cast):
    made = make.reviewing(cast)
    reason, until = "专家临时有紧急手术", cast.later(hours=1).replace(hour=23)
    extend(made.case_id, until=until, reason=reason, actor=cast.actor(cast.coordinator), at=cast.at)
    outbox.run_pending(cast.at)
    row = Notification.objects.get(kind="consult.joint.extended", account_id=cast.patient_account.id)
    assert reason not in str(row.context)
    for channel in set(Channel) - {Channel.IN_APP}:
        text = render(row, channel, language="zh-hans", time_zone="Asia/Shanghai")
        assert reason not in "".join((text.title, text.body, text.short)), channel
    Participant.objects.filter(case_id=made.case_id, account_id=cast.patient_account.id).update(until=cast.at)
    assert not [one for one in list_inbox(cast.patient_account.id) if reason in one.body]


def test_moves_of_another_state_are_refused(cast):
    made = make.submitted(cast)
    with pytest.raises(WrongState):
        actions.make_move(cast.actor(cast.coordinator), made.case_id, "start_review", at=cast.at)
    with pytest.raises(NotAllowed):
        actions.make_move(cast.actor(cast.applicant), made.case_id, "accept_material", at=cast.at)


def test_three_reminders_then_withdrawn(cast):
    made = make.submitted(cast)
    actions.ask_material(cast.actor(cast.coordinator), made.case_id, missing=["imaging"], note="", at=cast.at)
    for _round in range(4):
        with time_machine.travel(cast.later(hours=73), tick=False):
            sweep_all(cast.at)
    assert make.state(made) == "withdrawn"


def test_delivered_closes_by_itself_after_a_week(cast):
    made = make.delivered(cast)
    sweep_all(cast.later(days=7, minutes=1))
    assert make.state(made) == "closed"


def test_who_begins_to_stand_for_the_patient_sees_the_consultation_and_who_ends_does_not(cast):
    application = make.submitted(cast)
    daughter = make_account("周敏", kind="patient")
    patient = access_patient(cast.actor(cast.applicant), cast.patient.id, to="guardians")

    def may_see():
        outbox.run_pending(cast.later(minutes=1))
        return bool(get_capacities([application.case_id], daughter.id).get(application.case_id))

    add_guardian(patient, daughter.id, "child", actor=cast.actor(cast.applicant), at=cast.at)
    assert may_see()
    access_joint(cast.actor(daughter), application.case_id)
    end_guardian(patient, daughter.id, actor=cast.actor(cast.applicant), at=cast.at)
    assert not may_see()
    with pytest.raises(NotVisible):
        access_joint(cast.actor(daughter), application.case_id)
    actions.match_family(cast.patient.id, at=cast.at)
    parts = Participant.objects.filter(case_id=application.case_id, until=None).values_list("capacity", flat=True)
    assert sorted(parts) == ["applicant", "patient"]


@pytest.mark.parametrize("urgency", ["normal", "urgent"])
def test_a_full_week_is_invited_only_when_that_is_said(cast, urgency):
    coordinator, (full, free, _other) = cast.actor(cast.coordinator), cast.experts
    Practitioner.objects.filter(account=full).update(weekly_limit=1)
    Practitioner.objects.filter(account=free).update(weekly_limit=0)
    first, second = make.assigning(cast), make.assigning(cast, urgency=urgency)
    [invitation] = actions.invite(coordinator, first.case_id, [full.id], at=cast.at)
    with pytest.raises(Refused, match="week_full") as refusal:
        actions.invite(coordinator, second.case_id, [free.id, full.id], at=cast.at)
    assert refusal.value.details == {"experts": [str(full.id)]}
    assert Invitation.objects.filter(application=second).count() == 0
    noted = AuditEntry.objects.filter(action="consult.joint.invited_despite_limit")
    assert noted.count() == 0
    actions.answer(cast.actor(full), invitation.id, accepts=True, at=cast.at)
    with pytest.raises(Refused, match="week_full"):
        actions.invite(coordinator, second.case_id, [full.id], at=cast.later(days=6))
    actions.invite(coordinator, second.case_id, [free.id, full.id], at=cast.at, despite_limit=True)
    assert [(one.subject_id, one.case_id, one.data) for one in noted] == [
        (str(full.id), second.case_id, {"week": 1, "limit": 1})
    ]


def test_a_week_later_there_is_room_again(cast):
    coordinator, expert = cast.actor(cast.coordinator), cast.experts[0]
    Practitioner.objects.filter(account=expert).update(weekly_limit=1)
    first, second = make.assigning(cast), make.assigning(cast)
    [invitation] = actions.invite(coordinator, first.case_id, [expert.id], at=cast.at)
    actions.answer(cast.actor(expert), invitation.id, accepts=True, at=cast.at)
    assert actions.invite(coordinator, second.case_id, [expert.id], at=cast.later(days=7, minutes=1))
