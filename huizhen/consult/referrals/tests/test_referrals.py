"""A referral from the delivered report to the answer of the hospital; who reads what, and when no longer."""

import io
from datetime import timedelta

import pytest
from django.db import ProgrammingError, transaction
from pypdf import PdfReader

from huizhen.consult.contracts.actions import save_contract
from huizhen.consult.joint.aftercare.access import access_outcomes
from huizhen.consult.joint.report import press
from huizhen.consult.joint.tests import builders as joint
from huizhen.consult.referrals import actions, rules
from huizhen.consult.referrals.access import access_letter, access_received, access_referral
from huizhen.consult.referrals.actions import writing
from huizhen.consult.referrals.models import Referral
from huizhen.consult.referrals.queries import list_doctors, list_targets
from huizhen.consult.referrals.tests import builders as make
from huizhen.consult.referrals.verification import find_letter
from huizhen.kernel import files, outbox
from huizhen.kernel.access import SYSTEM, NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.files.models import File
from huizhen.kernel.flow.door import WrongState
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import CaseDeadline, CaseEvent
from huizhen.kernel.flow.queries import list_worklist
from huizhen.kernel.notify.models import Notification
from huizhen.people.tests.builders import make_member, make_organisation
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.documents.access import access_document

pytestmark = pytest.mark.django_db


def test_a_referral_from_the_report_to_the_hospitals_answer(cast):
    application = joint.delivered(cast)
    hospital, department, coordinator = make.make_receiver(cast)
    doctor, patient, receiver = (cast.actor(who) for who in (cast.applicant, cast.patient_account, coordinator))
    letter = make.begun(cast, application, department)
    pieces = {one["key"]: one for one in letter.content["pieces"]}
    assert pieces["question"]["text"] == application.question
    assert "考虑早期肺癌可能" in pieces["opinion"]["text"]
    assert pieces["opinion"]["source"] == {"of": "report", "number": application.case.number, "version": 1}
    # Begun twice, it is one; and nobody at the hospital knows of it yet.
    assert make.begun(cast, application, department).id == letter.id
    with pytest.raises(NotVisible):
        access_referral(receiver, letter.case_id)
    actions.save_letter(doctor, letter.case_id, {"medicines": "无长期用药。"}, pictures=False, at=cast.at)
    with pytest.raises(Refused) as refusal:
        actions.sign_letter(doctor, letter.case_id, at=cast.at)
    assert refusal.value.code == "no_consent"
    actions.agree(patient, letter.case_id, at=cast.at)
    actions.sign_letter(doctor, letter.case_id, at=cast.later(minutes=1))
    with pytest.raises(Refused) as refusal:  # pressed twice
        actions.sign_letter(doctor, letter.case_id, at=cast.at)
    assert refusal.value.code == "letter_signed"
    for _time in range(2):  # the job may run twice
        actions.issue_letter(letter.case_id, at=cast.at)
    outbox.run_pending(cast.later(minutes=1))
    letter = make.fresh(letter)
    assert (letter.case.state, letter.case.team_organisation_id) == ("sent", hospital.id)
    check_paper(letter, cast)

    assert [one.id for one in access_received(receiver)] == [letter.id]
    appointment = cast.at + timedelta(days=2)
    actions.accept(receiver, letter.case_id, appointment_at=appointment, place="门诊三楼", at=cast.later(minutes=9))
    arrival = CaseDeadline.objects.get(case_id=letter.case_id, name="arrival")
    assert timedelta() <= arrival.due_at - appointment - timedelta(hours=24) < timedelta(hours=1)
    cast.later(days=3, hours=2)
    actions.record_arrival(receiver, letter.case_id, at=cast.at)
    actions.report_back(
        receiver,
        letter.case_id,
        course="better",
        diagnosis_held=True,
        words="已行楔形切除，恢复好。",
        at=cast.later(days=5),
    )
    outbox.run_pending(cast.at)
    assert make.fresh(letter).case.state == "answered"
    [outcome] = access_outcomes(cast.actor(cast.experts[1]), at=cast.at)
    assert (outcome.words, outcome.followed) == ("已行楔形切除，恢复好。", "yes")
    told = Notification.objects.filter(case_id=letter.case_id).values_list("kind", "account_id")
    for kind in ("send", "accept", "record_arrival", "report_back"):
        assert (f"consult.referral.{kind}", cast.patient_account.id) in set(told)
    # The referral is over: the hospital sees that there was one, and reads nothing of it any more.
    with pytest.raises(NotVisible):
        access_letter(receiver, letter.case_id)
    assert access_letter(patient, letter.case_id).id == letter.id


def check_paper(letter, cast):
    """The signed PDF, its verification by code, and that the database keeps it as it is."""
    pdf = files.open_file(letter.file).read()
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "无长期用药" in text
    assert "胸外科" in text
    assert "尚未签名" not in "".join(text.split())
    assert press.verify_report(pdf, at=cast.at).problem is None
    paper = find_letter(letter.code.lower(), at=cast.at)
    assert paper is not None
    assert (paper.kind, paper.case_number, paper.problem) == ("letter", letter.case.number, "")
    assert paper.compare([pdf]) == "same"
    with pytest.raises(ProgrammingError), transaction.atomic():
        Referral.objects.filter(id=letter.id).update(digest="0" * 64)


def test_the_hospital_reads_while_consent_holds_and_the_referral_lasts(cast):
    application = joint.delivered(cast)
    _hospital, department, coordinator = make.make_receiver(cast)
    document_id = application.materials.first().document_id
    # Of the consultation's own case, so that no wider consent opens it.
    application.materials.first().document.__class__.objects.filter(id=document_id).update(case_id=application.case_id)
    receiver = cast.actor(coordinator)
    letter = make.sent(cast, application, department)
    assert access_letter(receiver, letter.case_id).id == letter.id
    assert access_document(receiver, document_id).id == document_id
    for stranger in (make_member("coordinator", make_organisation()).account, cast.experts[1]):
        with pytest.raises(NotVisible):
            access_referral(cast.actor(stranger), letter.case_id)
        with pytest.raises(NotVisible):
            access_letter(cast.actor(stranger), letter.case_id)
    consent = application.patient.consents.get(case_id=letter.case_id)
    withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    outbox.run_pending(cast.at)
    for closed in (lambda: access_letter(receiver, letter.case_id), lambda: access_document(receiver, document_id)):
        with pytest.raises(NotVisible):
            closed()
    assert not access_referral(receiver, letter.case_id).opens
    told = Notification.objects.filter(kind="consult.referral.consent_withdrawn").values_list("account_id", flat=True)
    assert set(told) == {cast.applicant.id, coordinator.id}
    again = actions.agree(cast.actor(cast.patient_account), letter.case_id, at=cast.at)
    assert again.id != consent.id
    assert access_document(receiver, document_id)
    actions.refuse(receiver, letter.case_id, reason="床位已满", at=cast.at)
    with pytest.raises(NotVisible):
        access_document(receiver, document_id)
    assert find_letter(letter.code, at=cast.at).withdrawn
    assert AuditEntry.objects.filter(action="consult.referral.letter.read", actor_id=coordinator.id).count() == 1
    # Refused here, it may go elsewhere.
    assert make.begun(cast, application, department).id != letter.id


def test_a_named_doctor_reads_with_the_patients_consent_until_the_referral_ends(cast):
    application = joint.delivered(cast)
    hospital, department, coordinator = make.make_receiver(cast)
    document_id = application.materials.first().document_id
    application.materials.first().document.__class__.objects.filter(id=document_id).update(case_id=application.case_id)
    first, second = (make_member("expert", place, name=name).account
                     for place, name in ((department, "沈毅"), (hospital, "陆明")))  # fmt: skip
    letter, receiver = make.sent(cast, application, department), cast.actor(coordinator)
    assert [case.id for case in list_worklist(receiver, "team").cases] == [letter.case_id]
    assert {one.account_id for one in list_doctors(letter)} == {first.id, second.id}
    for wrong in (cast.experts[0].id, coordinator.id):
        with pytest.raises(Refused, match="no_doctor_here"):
            actions.name_doctor(receiver, letter.case_id, doctor_id=wrong, at=cast.at)
    with pytest.raises(NotVisible):
        access_referral(cast.actor(first), letter.case_id)
    for _twice in range(2):
        actions.name_doctor(receiver, letter.case_id, doctor_id=first.id, at=cast.later(minutes=1))
    outbox.run_pending(cast.at)
    doctor = cast.actor(first)
    assert access_letter(doctor, letter.case_id).id == letter.id
    assert access_document(doctor, document_id).id == document_id
    assert [case.id for case in list_worklist(doctor, "part").cases] == [letter.case_id]
    assert Notification.objects.filter(kind="consult.referral.name_doctor", account_id=first.id).count() == 1
    read = AuditEntry.objects.filter(actor_id=first.id, patient_id=application.patient_id)
    assert {"consult.referral.letter.read", "records.document.read"} <= set(read.values_list("action", flat=True))
    with pytest.raises(NotAllowed):
        actions.accept(doctor, letter.case_id, appointment_at=cast.later(days=1), place="门诊", at=cast.at)
    actions.name_doctor(receiver, letter.case_id, doctor_id=second.id, at=cast.at)
    with pytest.raises(NotVisible):
        access_letter(doctor, letter.case_id)
    withdraw_consent(application.patient.consents.get(case_id=letter.case_id), actor=cast.actor(cast.patient_account),
                     at=cast.later(minutes=1))  # fmt: skip
    assert not access_referral(cast.actor(second), letter.case_id).opens
    actions.agree(cast.actor(cast.patient_account), letter.case_id, at=cast.at)
    assert access_document(cast.actor(second), document_id)
    actions.refuse(receiver, letter.case_id, reason="床位已满", at=cast.at)
    with pytest.raises(NotVisible):
        access_referral(cast.actor(second), letter.case_id)
    with pytest.raises(NotVisible):
        access_document(cast.actor(second), document_id)


@pytest.mark.parametrize(("place", "name"), [("press", "sign_letter"), ("files", "store"), (None, "move")])
def test_killed_while_the_letter_is_made_nothing_is_half_and_the_job_sends_it_once(cast, monkeypatch, place, name):
    """The process dies right after the signature, after the file is stored, after the referral has moved."""
    application = joint.delivered(cast)
    _hospital, department, coordinator = make.make_receiver(cast)
    letter = make.begun(cast, application, department)
    actions.agree(cast.actor(cast.patient_account), letter.case_id, at=cast.at)
    actions.sign_letter(cast.actor(cast.applicant), letter.case_id, at=cast.at)
    target = getattr(writing, place) if place else writing
    real = getattr(target, name)

    def dies(*given, **more):
        real(*given, **more)
        raise KeyboardInterrupt

    before = File.objects.count()
    with monkeypatch.context() as patched:
        patched.setattr(target, name, dies)
        with pytest.raises(KeyboardInterrupt):
            actions.issue_letter(letter.case_id, at=cast.at)
    half = make.fresh(letter)
    assert (half.case.state, half.file, half.signed_at, File.objects.count()) == ("draft", None, None, before)
    with pytest.raises(NotVisible):
        access_referral(cast.actor(coordinator), letter.case_id)
    outbox.run_pending(cast.later(minutes=1))  # the job that was never ended, begun anew
    whole = make.fresh(letter)
    assert (whole.case.state, File.objects.count()) == ("sent", before + 1)
    assert CaseEvent.objects.filter(case_id=letter.case_id, kind="consult.referral.send").count() == 1
    assert find_letter(whole.code, at=cast.at).compare([files.open_file(whole.file).read()]) == "same"


def test_who_may_refer_and_where(cast):
    application = joint.drafting(cast)
    hospital, department, _coordinator = make.make_receiver(cast)
    with pytest.raises(Refused) as refusal:
        make.begun(cast, application, department)
    assert refusal.value.code == "no_report"
    for nobody in (cast.experts[0], cast.coordinator, cast.patient_account):
        with pytest.raises(NotAllowed):
            actions.begin(cast.actor(nobody), application.case_id, target_id=department.id, at=cast.at)
    empty = make_organisation("无人接收医院", kind="hospital", parent=cast.platform)
    targets = {key for key, _name in list_targets(cast.county.id, at=cast.at)}
    assert {hospital.id, department.id} <= targets
    assert empty.id not in targets
    other = make_organisation("别的医院", kind="hospital", parent=cast.platform)
    save_contract(actor=SYSTEM, at=cast.at, asking_id=cast.county.id, answering_id=other.id, starts_on=cast.at.date())
    assert list_targets(cast.county.id, at=cast.at) == []
    chair = cast.actor(cast.experts[0])
    joint.actions.approve_report(chair, application.case_id, at=cast.later(minutes=30))
    outbox.run_pending(cast.later(minutes=1))
    with pytest.raises(Refused) as refusal:
        make.begun(cast, application, department)
    assert refusal.value.code == "no_contract"


def test_a_consent_withdrawn_while_the_file_is_made_keeps_the_letter_here(cast):
    application = joint.delivered(cast)
    _hospital, department, coordinator = make.make_receiver(cast)
    letter, doctor = make.begun(cast, application, department), cast.actor(cast.applicant)
    consent = actions.agree(cast.actor(cast.patient_account), letter.case_id, at=cast.at)
    actions.sign_letter(doctor, letter.case_id, at=cast.at)
    withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.at)
    outbox.run_pending(cast.at)
    letter = make.fresh(letter)
    assert (letter.case.state, letter.approved_at, letter.file) == ("draft", None, None)
    actions.withdraw(cast.actor(cast.patient_account), letter.case_id, at=cast.at)
    with pytest.raises(WrongState):
        actions.withdraw(doctor, letter.case_id, at=cast.at)
    with pytest.raises(NotVisible):
        access_referral(cast.actor(coordinator), letter.case_id)


def test_medicines_are_found_in_the_summary():
    summary = "女，68岁，体检发现结节。既往高血压，口服氨氯地平 5 mg 每日一次。无发热。二甲双胍 0.5g 每日两次；不吸烟。"
    assert rules.list_medicines(summary).splitlines() == [
        "既往高血压，口服氨氯地平 5 mg 每日一次。",
        "二甲双胍 0.5g 每日两次；",
    ]


def test_line_ends_of_a_browser_are_no_edit():
    piece = {"key": "summary", "first": "第一行\n第二行", "text": "第一行\n第二行"}
    assert not rules.is_edited(*rules.rewrite([piece], {"summary": "第一行\r\n第二行"}))
    assert rules.is_edited(*rules.rewrite([piece], {"summary": "第一行\r\n第三行"}))
