"""When consent for a consultation is withdrawn nobody new comes in, and who has not signed reads no more what was asked."""

from datetime import timedelta

import pytest

from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_joint, access_report
from huizhen.consult.joint.flow import DISCUSS
from huizhen.consult.joint.models import Invitation
from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel import outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.notify.models import Notification
from huizhen.records.consent.actions import give_consent, withdraw_consent
from huizhen.records.consent.queries import list_consents
from huizhen.records.patients.access import access_patient

from . import builders as make

pytestmark = pytest.mark.django_db


def withdraw(cast):
    [consent] = list_consents(cast.patient.id)
    withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))


def agree(cast, made, *scope):
    patient_actor = cast.actor(cast.patient_account)
    give_consent(
        access_patient(patient_actor, cast.patient.id), scope=scope, purpose="consultation", case_id=made.case_id,
        until=cast.at + timedelta(days=30), actor=patient_actor, at=cast.at,
    )  # fmt: skip
    cast.later(minutes=1)


def invite(cast, made, count=1, **how):
    experts = [expert.id for expert in cast.experts[:count]]
    return actions.invite(cast.actor(cast.coordinator), made.case_id, experts, at=cast.at, **how)


def answer(cast, number, invitation, *, accepts):
    return actions.answer(cast.actor(cast.experts[number]), invitation.id, accepts=accepts, at=cast.at)


def reads(cast, made, account):
    """Whether what was asked is open, on pages and over the API."""
    actor = cast.actor(account)
    seen, sheet = access_joint(actor, made.case_id), access_sheet(actor, made.case_id)
    assert seen.is_asked_open == sheet.is_asked_open == bool(seen.question) == bool(seen.summary)
    return seen.is_asked_open


def talks(cast, made, account):
    """Whether the conversation is open, on pages and over the API."""
    actor, found = cast.actor(account), []
    for load in (access_joint, access_sheet):
        try:
            load(actor, made.case_id, to=DISCUSS)
        except NotAllowed:
            found.append(False)
        else:
            found.append(True)
    assert found[0] == found[1]
    return found[0]


def test_without_consent_nobody_is_invited_and_nobody_accepts_but_may_decline(cast):
    made = make.assigning(cast)
    first, second = invite(cast, made, 2)
    withdraw(cast)
    told = Notification.objects.filter(kind="consult.joint.consent_withdrawn").values_list("account_id", flat=True)
    assert set(told) >= {expert.id for expert in cast.experts[:2]}
    with pytest.raises(Refused, match="not_agreed"):
        actions.invite(cast.actor(cast.coordinator), made.case_id, [cast.experts[2].id], at=cast.at)
    with pytest.raises(Refused, match="not_agreed"):
        answer(cast, 0, first, accepts=True)
    assert answer(cast, 1, second, accepts=False).state == "declined"
    agree(cast, made, "documents")
    with pytest.raises(Refused, match="not_agreed"):
        answer(cast, 0, first, accepts=True)
    agree(cast, made, "summary")
    assert answer(cast, 0, first, accepts=True).state == "accepted"


def test_the_next_in_line_is_not_asked_without_consent(cast):
    made = make.assigning(cast)
    first, second = invite(cast, made, 2, in_line=True)
    withdraw(cast)
    answer(cast, 0, first, accepts=False)
    assert Invitation.objects.get(id=second.id).state == "queued"


def test_who_has_not_signed_reads_no_more_what_was_asked(cast):
    made = make.reviewing(cast)
    signed, silent, chair = cast.experts[2], cast.experts[1], cast.experts[0]
    make.sign(cast, made, signed)
    everybody = (signed, silent, chair, cast.applicant, cast.patient_account, cast.coordinator)
    assert all(reads(cast, made, one) for one in everybody)
    withdraw(cast)
    assert [reads(cast, made, one) for one in everybody] == [True, False, False, True, True, True]
    actions.withdraw_opinion(cast.actor(signed), made.case_id, reason="看错序列", at=cast.later(minutes=1))
    assert not reads(cast, made, signed), "who took the opinion back answers for none"
    agree(cast, made, "summary")
    assert all(reads(cast, made, one) for one in everybody)


def test_who_has_not_signed_loses_the_conversation_too(cast):
    made = make.reviewing(cast)
    signed, silent, chair = cast.experts[2], cast.experts[1], cast.experts[0]
    make.sign(cast, made, signed)
    everybody = (signed, silent, chair, cast.applicant, cast.patient_account, cast.coordinator)
    assert all(talks(cast, made, one) for one in everybody)
    withdraw(cast)
    assert [talks(cast, made, one) for one in everybody] == [True, False, False, True, True, True]
    agree(cast, made, "summary")
    assert all(talks(cast, made, one) for one in everybody)


def test_the_chair_looks_at_no_paper_that_prints_what_is_closed(cast):
    made, chair = make.drafting(cast), cast.actor(cast.experts[0])

    def look():
        return actions.preview(chair, made.case_id, at=cast.at)

    withdraw(cast)
    assert look().startswith(b"%PDF"), "who has signed reads on"
    actions.withdraw_opinion(chair, made.case_id, reason="看错序列", at=cast.later(minutes=1))
    with pytest.raises(NotVisible):
        look()
    agree(cast, made, "summary")
    assert look().startswith(b"%PDF")


def test_an_invitee_reads_what_is_asked_while_consent_holds(cast):
    made = make.assigning(cast)
    invite(cast, made)
    assert reads(cast, made, cast.experts[0])
    withdraw(cast)
    assert not reads(cast, made, cast.experts[0])


def test_nobody_writes_or_signs_an_opinion_on_what_is_closed(cast):
    made = make.reviewing(cast)
    expert = cast.actor(cast.experts[1])
    fields = actions.OpinionFields(findings="磨玻璃结节。", assessment="考虑早期肺癌。", advice="建议手术。")
    actions.save_opinion(expert, made.case_id, fields, at=cast.at)
    withdraw(cast)
    for act in (
        lambda: actions.save_opinion(expert, made.case_id, fields, at=cast.at),
        lambda: actions.sign_opinion(expert, made.case_id, at=cast.at),
    ):
        with pytest.raises(Refused, match="closed_to_experts"):
            act()
    agree(cast, made, "summary")
    assert actions.sign_opinion(expert, made.case_id, at=cast.at).signed_at == cast.at


def test_who_answers_for_no_opinion_reads_no_report_that_prints_what_is_closed(cast):
    made = make.delivered(cast)
    chair, left, signed = cast.experts
    actions.correct_report(cast.actor(chair), made.case_id, reason="笔误", at=cast.later(minutes=1))
    outbox.run_pending(cast.at)
    actions.withdraw_opinion(cast.actor(left), made.case_id, reason="看错序列", at=cast.later(minutes=1))

    def reports(account):
        try:
            return access_report(cast.actor(account), made.case_id, 1).version
        except NotVisible:
            return None

    everybody = (chair, left, signed, cast.applicant, cast.patient_account, cast.coordinator)
    assert [reports(one) for one in everybody] == [1] * 6
    withdraw(cast)
    assert [reports(one) for one in everybody] == [1, None, 1, 1, 1, 1]
    for load in (access_joint, access_sheet):
        assert [load(cast.actor(one), made.case_id).is_report_open for one in (left, signed)] == [False, True]
    agree(cast, made, "summary")
    assert reports(left) == 1
