"""After the first signature: co-signing, corrections, opinions taken back while the report is drafted, and questions."""

import io
from datetime import timedelta

import pytest
from pypdf import PdfReader

from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.flow import CHAIR
from huizhen.consult.joint.models import Cosignature, CosigningRule, Report
from huizhen.consult.joint.queries import get_report_in_work, get_signed_report, list_signed_reports
from huizhen.consult.joint.questions import actions as questions
from huizhen.consult.joint.questions.models import Question
from huizhen.consult.joint.report import press
from huizhen.consult.joint.verification.queries import find_paper
from huizhen.kernel import files, outbox
from huizhen.kernel.access import SYSTEM, NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.door import NeedsMissing, WrongState
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import CaseDeadline, CaseEvent
from huizhen.kernel.flow.sweep import sweep_all
from huizhen.kernel.notify.models import Notification
from huizhen.people.availability.actions import add_absence
from huizhen.people.tests.builders import make_practitioner

from . import builders as make

pytestmark = pytest.mark.django_db


def pdf_of(report):
    with files.open_file(report.file) as stored:
        return stored.read()


def told(name):
    kinds = Notification.objects.filter(kind=f"consult.joint.{name}")
    return set(kinds.values_list("account_id", flat=True))


def running(application):
    rows = CaseDeadline.objects.filter(case_id=application.case_id, ended_at=None, holder__isnull=False)
    return set(rows.values_list("holder_id", flat=True))


def test_a_correction_is_a_new_signed_version_that_names_the_old(cast):
    application, chair = make.delivered(cast), cast.actor(cast.experts[0])
    with pytest.raises(NeedsMissing):
        actions.correct_report(chair, application.case_id, reason=" ", at=cast.at)
    with pytest.raises(NotAllowed):
        actions.correct_report(cast.actor(cast.experts[1]), application.case_id, reason="笔误", at=cast.at)
    actions.correct_report(chair, application.case_id, reason="结节大小误写", at=cast.later(hours=1))
    outbox.run_pending(cast.at)
    assert make.state(application) == "drafting"
    draft = get_report_in_work(application.id)
    first = get_signed_report(application.id, 1)
    assert (draft.version, draft.content) == (2, first.content)
    content = {"conclusion": [{"text": "更正：结节 12 mm。", "sources": []}], "advice": []}
    actions.save_report(chair, application.case_id, content, at=cast.later(minutes=5))
    actions.approve_report(chair, application.case_id, at=cast.later(minutes=5))
    outbox.run_pending(cast.later(minutes=1))
    assert make.state(application) == "delivered"
    second = get_signed_report(application.id, 2)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf_of(second))).pages)
    assert first.digest in "".join(text.split()), "in groups, over two lines"
    assert "结节大小误写" in text
    assert find_paper(first.code, at=cast.at).newer.number == 2
    assert find_paper(second.code, at=cast.at).newer is None
    everybody = {cast.applicant.id, cast.patient_account.id, cast.experts[1].id, cast.coordinator.id}
    assert everybody <= told("correct_report")
    assert everybody <= told("deliver_correction")


def test_a_correction_that_proves_needless_leaves_the_report_as_it_was(cast):
    application, chair = make.delivered(cast), cast.actor(cast.experts[0])
    actions.correct_report(chair, application.case_id, reason="疑有误", at=cast.later(hours=1))
    actions.drop_correction(chair, application.case_id, reason="复核无误", at=cast.later(hours=1))
    assert (make.state(application), Report.objects.count()) == ("delivered", 1)


def test_a_first_report_cannot_be_dropped_as_if_it_were_a_correction(cast):
    application = make.drafting(cast)
    with pytest.raises(Refused):
        actions.drop_correction(cast.actor(cast.experts[0]), application.case_id, reason="不改了", at=cast.at)


def test_the_departments_rule_asks_all_experts_to_sign_beside_the_chair(cast):
    application, chair = make.drafting(cast), cast.actor(cast.experts[0])
    CosigningRule.objects.create(specialty_id=application.specialty_id)
    actions.approve_report(chair, application.case_id, at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))
    assert make.state(application) == "cosigning"
    assert running(application) == {cast.experts[1].id, cast.experts[2].id}
    second, third = cast.actor(cast.experts[1]), cast.actor(cast.experts[2])
    with pytest.raises(Refused):
        actions.pass_cosigning(third, application.case_id, at=cast.at)
    actions.object_report(third, application.case_id, reason="结论过强", at=cast.later(minutes=5))
    assert (make.state(application), Cosignature.objects.count()) == ("drafting", 0)
    actions.approve_report(chair, application.case_id, at=cast.later(minutes=5))
    for actor in (second, third):
        actions.cosign(actor, application.case_id, at=cast.later(minutes=2))
    with pytest.raises(Refused):
        actions.cosign(second, application.case_id, at=cast.at)
    outbox.run_pending(cast.later(minutes=1))
    assert make.state(application) == "delivered"
    report = get_signed_report(application.id, 1)
    verdict = press.verify_report(pdf_of(report), at=cast.at)
    assert (len(verdict.findings), verdict.problem) == (3, None)
    assert [one.signer for one in verdict.findings] == [expert.name for expert in cast.experts]
    assert [name for name, *_rest in find_paper(report.code, at=cast.at).signers] == [e.name for e in cast.experts]


def test_who_wishes_to_cosign_is_asked_and_may_still_leave_it(cast):
    application, chair = make.drafting(cast), cast.actor(cast.experts[0])
    second = cast.actor(cast.experts[1])
    actions.wish_to_cosign(second, application.case_id, wishes=True)
    actions.approve_report(chair, application.case_id, at=cast.later(minutes=1))
    assert told("ask_cosignatures") == set()
    outbox.run_pending(cast.later(minutes=1))
    assert told("ask_cosignatures") == {cast.experts[1].id}
    assert actions.preview(second, application.case_id, at=cast.at).startswith(b"%PDF")
    actions.pass_cosigning(second, application.case_id, at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))
    assert make.state(application) == "delivered"


def test_an_opinion_taken_back_while_drafting_rings_its_author_only(cast):
    application = make.drafting(cast)
    outbox.run_pending(cast.at)
    expert = cast.experts[2]
    actions.withdraw_opinion(cast.actor(expert), application.case_id, reason="看错序列", at=cast.later(minutes=5))
    assert make.state(application) == "reviewing"
    assert running(application) == {expert.id}
    make.sign(cast, application, expert, assessment="同意早期肺癌。")
    outbox.run_pending(cast.at)
    assert make.state(application) == "drafting"
    draft = get_report_in_work(application.id)
    assert draft.content["dissents"] == []


def test_asked_to_look_again_only_those_who_must_act_are_rung(cast):
    application, chair = make.drafting(cast), cast.actor(cast.experts[0])
    outbox.run_pending(cast.at)
    asked = cast.experts[1:]
    Notification.objects.all().delete()
    actions.reopen_review(
        chair, application.case_id, reason="补了增强 CT", experts=[e.id for e in asked], at=cast.later(minutes=5)
    )
    outbox.run_pending(cast.at)
    assert running(application) == told("asked_again") == {e.id for e in asked}
    assert cast.experts[2].id not in told("reopen_review")
    actions.confirm_opinion(cast.actor(asked[0]), application.case_id, at=cast.later(minutes=5))
    with pytest.raises(Refused):
        actions.confirm_opinion(cast.actor(asked[0]), application.case_id, at=cast.at)
    assert make.state(application) == "reviewing", "the other one still has to answer"
    actions.withdraw_opinion(cast.actor(asked[1]), application.case_id, reason="改变看法", at=cast.later(minutes=5))
    make.sign(cast, application, asked[1])
    assert make.state(application) == "drafting"


def test_questions_go_to_the_chair_are_answered_and_end_by_themselves(cast):
    application = make.delivered(cast)
    asking, chair = cast.actor(cast.applicant), cast.actor(cast.experts[0])
    for _time in range(2):
        questions.ask_back(asking, application.case_id, question="多久复查？", sent_key="q1", at=cast.later(hours=1))
    questions.ask_back(
        cast.actor(cast.patient_account), application.case_id, question="能坐飞机吗？", sent_key="q2", at=cast.at
    )
    fresh = make.fresh(application)
    assert (fresh.case.state, fresh.case.owner_id) == ("answering", cast.experts[0].id)
    first, second = Question.objects.order_by("id")
    with pytest.raises(NotAllowed):
        questions.reply(asking, application.case_id, first.id, answer="三个月", at=cast.at)
    for _time in range(2):
        questions.reply(chair, application.case_id, first.id, answer="三个月。", at=cast.later(hours=1))
    assert make.state(application) == "answering"
    with pytest.raises(Refused):
        questions.reply(cast.actor(cast.experts[1]), application.case_id, first.id, answer="六个月。", at=cast.at)
    questions.reply(cast.actor(cast.experts[1]), application.case_id, second.id, answer="可以。", at=cast.at)
    outbox.run_pending(cast.at)
    assert make.state(application) == "delivered"
    assert {cast.applicant.id, cast.patient_account.id} <= told("reply")
    assert CaseEvent.objects.filter(case_id=application.case_id, kind="consult.joint.reply").count() == 2
    sweep_all(cast.later(days=7, minutes=1))
    assert make.state(application) == "closed"
    with pytest.raises(WrongState):
        questions.ask_back(asking, application.case_id, question="还有", sent_key="q3", at=cast.at)


def test_a_patient_who_applied_alone_sees_with_a_patients_eyes(cast):
    sent = make.wanted(cast, consent_file_id=None, document_ids=())
    made = actions.submit(cast.actor(cast.patient_account), sent, at=cast.at)
    assert access_joint(cast.actor(cast.patient_account), made.case_id).as_patient


def test_a_mistake_found_after_the_end_is_corrected_and_access_ends_with_it(cast):
    application, chair = make.delivered(cast), cast.actor(cast.experts[0])
    actions.make_move(cast.actor(cast.applicant), application.case_id, "close", at=cast.later(days=1))
    cast.later(days=4000)
    with pytest.raises(NotVisible):
        access_joint(chair, application.case_id)
    head = make_practitioner(cast.experts[0].practitioner.organisation, name="科主任", role="department_head").account
    for nobody in (cast.experts[1], cast.applicant, cast.coordinator, head):  # the chair is not away
        with pytest.raises(NotVisible):
            actions.correct_closed(cast.actor(nobody), application.case_id, reason="笔误", at=cast.at)
    day = timedelta(days=1)
    add_absence(cast.experts[0].id, kind="leave", starts_at=cast.at, ends_at=cast.at + day, actor=SYSTEM, at=cast.at)
    for who, reason, sign in ((head, "结论有误", False), (cast.experts[0], "结节大小误写", True)):
        actor = cast.actor(who)
        with pytest.raises(NeedsMissing):
            actions.correct_closed(actor, application.case_id, reason=" ", at=cast.at)
        actions.correct_closed(actor, application.case_id, reason=reason, at=cast.later(minutes=1))
        with pytest.raises(WrongState):
            actions.correct_closed(actor, application.case_id, reason=reason, at=cast.at)
        outbox.run_pending(cast.at)
        assert {cast.applicant.id, cast.patient_account.id} <= told("correct_closed")
        assert access_joint(actor, application.case_id).may(CHAIR)
        if sign:
            content = {"conclusion": [{"text": "更正：结节 12 mm。", "sources": []}], "advice": []}
            actions.save_report(actor, application.case_id, content, at=cast.at)
            actions.approve_report(actor, application.case_id, at=cast.later(minutes=1))
            outbox.run_pending(cast.later(minutes=1))
        else:
            actions.drop_correction(actor, application.case_id, reason="复核无误", at=cast.later(minutes=1))
        assert make.state(application) == "closed"
        with pytest.raises(NotVisible):
            access_joint(actor, application.case_id)
    assert [one.version for one in list_signed_reports(application.id)] == [2, 1]
    pages = PdfReader(io.BytesIO(pdf_of(get_signed_report(application.id, 2)))).pages
    assert "结节大小误写" in "".join(page.extract_text() for page in pages)
    assert told("corrected_late") == {expert.id for expert in cast.experts}
    assert AuditEntry.objects.filter(action="consult.joint.report.reopened").count() >= 2


def test_a_correction_after_the_end_is_cosigned_as_every_other_and_their_access_ends_too(cast):
    """The experts left with the case; for the new version those who must sign come back, and go again."""
    application, chair = make.delivered(cast), cast.actor(cast.experts[0])
    actions.make_move(cast.actor(cast.applicant), application.case_id, "close", at=cast.later(days=1))
    CosigningRule.objects.create(specialty_id=application.specialty_id, everybody=True)
    second, third = cast.actor(cast.experts[1]), cast.actor(cast.experts[2])
    actions.correct_closed(chair, application.case_id, reason="结节大小误写", at=cast.later(days=400))
    with pytest.raises(NotVisible):
        access_joint(second, application.case_id)
    actions.approve_report(chair, application.case_id, at=cast.later(minutes=1))
    outbox.run_pending(cast.at)
    assert make.state(application) == "cosigning"
    assert running(application) == told("ask_cosignatures") == {cast.experts[1].id, cast.experts[2].id}
    assert actions.preview(second, application.case_id, at=cast.at).startswith(b"%PDF")
    actions.object_report(third, application.case_id, reason="仍有误", at=cast.later(minutes=1))
    for actor in (second, third):
        with pytest.raises(NotVisible):
            access_joint(actor, application.case_id)
    actions.approve_report(chair, application.case_id, at=cast.later(minutes=1))
    for actor in (second, third):
        actions.cosign(actor, application.case_id, at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))
    assert make.state(application) == "closed"
    for actor in (chair, second, third):
        with pytest.raises(NotVisible):
            access_joint(actor, application.case_id)
    report = get_signed_report(application.id, 2)
    verdict = press.verify_report(pdf_of(report), at=cast.at)
    assert ([one.signer for one in verdict.findings], verdict.problem) == ([one.name for one in cast.experts], None)
    assert told("corrected_late") == {expert.id for expert in cast.experts}
