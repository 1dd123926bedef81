"""Joint consultations as people live through them."""

import io
from datetime import timedelta
from itertools import pairwise

import pytest
from pypdf import PdfReader

from huizhen.consult.joint import actions
from huizhen.consult.joint.models import Invitation
from huizhen.consult.joint.queries import get_report
from huizhen.consult.joint.report.verification import verify_pdf
from huizhen.kernel import audit, files
from huizhen.kernel.access import NotVisible
from huizhen.kernel.flow.acts import extend
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import Case, CaseDeadline, CaseEvent
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.consent.models import Consent
from huizhen.records.documents.access import access_document
from huizhen.records.imaging.access import access_series
from huizhen.records.imaging.queries import list_series

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::UserWarning")]


def test_a_county_doctors_ct_goes_to_three_experts_and_comes_back_as_a_signed_report(story, signing):
    patient = story.cast.patient_account
    study = story.upload_ct("CT_small.dcm")
    application = story.apply(study_ids=(study.id,))
    assert story.rang(patient, "opened")
    assert story.rang(story.cast.coordinator, "opened")
    story.gathers(application)
    for name in ("accept_material", "start_assigning", "start_review"):
        assert story.rang(patient, name), name
        assert story.rang(story.cast.applicant, name), name

    story.wait(hours=23)  # the next morning: the phones' budget is fresh
    [series] = list_series(study.id)
    for expert in story.experts:
        access_series(expert, series.id)
    story.signs(story.experts[0], application)
    assert story.rang(patient, "sign_opinion")
    story.signs(story.experts[1], application)
    story.signs(
        story.experts[2], application, assessment="倾向炎性结节。", stance="dissent", stance_reason="缺少增强 CT"
    )
    assert story.state(application) == "drafting"
    assert story.rang(patient, "start_drafting")
    actions.approve_report(story.experts[0], application.case_id, at=story.at)
    story.wait(minutes=2)
    assert story.state(application) == "delivered"
    assert story.rang(patient, "deliver")
    assert story.rang(story.cast.applicant, "deliver")

    with files.open_file(get_report(application.id).file) as stored:
        pdf = stored.read()
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "缺少增强" in text, "dissent is kept"
    verdict = verify_pdf(pdf, roots=signing.get_roots(), at=story.at)
    assert verdict.problem is None
    readers = {entry.actor_name for entry in audit.list_for_patient([story.cast.patient.id])}
    assert {expert.name for expert in story.experts} <= readers

    story.wait(days=8)
    assert story.state(application) == "closed"
    with pytest.raises(NotVisible):
        access_series(story.experts[1], series.id)


def test_what_is_missing_is_asked_for_three_times_and_then_the_case_is_withdrawn(story):
    application = story.apply(document_ids=(), summary="结节")
    actions.ask_material(
        story.coordinator, application.case_id, missing=["summary", "material"], note="请补充胸部CT", at=story.at
    )
    story.wait(minutes=2)
    assert story.rang(story.cast.applicant, "ask_material")
    report = CaseDeadline.objects.get(case_id=application.case_id, name="report")
    assert report.paused_at is not None, "the clocks of the others stand"

    for reminders, length in ((0, {"hours": 71}), (1, {"hours": 2}), (2, {"hours": 24}), (3, {"hours": 24})):
        story.wait(**length)
        assert (story.happened(application, "reminded"), story.state(application)) == (reminders, "incomplete")
    assert story.rang(story.cast.applicant, "reminded")
    story.wait(hours=24)
    assert (story.happened(application, "reminded"), story.state(application)) == (3, "withdrawn")
    story.wait(hours=12)  # the night over
    assert story.rang(story.cast.patient_account, "withdraw")


def test_one_declines_one_answers_too_late_the_third_accepts_and_the_delay_is_told(story):
    application = story.apply()
    story.does(story.coordinator, application, "accept_material")
    story.does(story.coordinator, application, "start_assigning")
    first, second, third = story.invites(application, *story.experts, in_line=True)
    with pytest.raises(NotVisible):
        access_document(story.experts[1], application.materials.first().document_id)

    story.answers(story.experts[0], first, accepts=False, reason="今天有手术")
    assert Invitation.objects.get(id=second.id).state == "invited"
    story.wait(days=1, hours=4)  # eight working hours end on Tuesday morning
    assert Invitation.objects.get(id=second.id).state == "expired"
    with pytest.raises((NotVisible, Refused)):
        story.answers(story.experts[1], second)
    story.answers(story.experts[2], third)
    actions.name_chair(story.coordinator, application.case_id, third.id, at=story.at)
    story.does(story.coordinator, application, "start_review")

    reason = "专家临时有紧急手术"
    before = Case.objects.get(id=application.case_id).due_at
    extend(
        application.case_id, until=before + timedelta(hours=8), reason=reason, actor=story.coordinator, at=story.at
    )  # fmt: skip
    story.wait(minutes=2)
    assert story.rang(story.cast.patient_account, "extended")
    told = CaseEvent.objects.get(case_id=application.case_id, kind="consult.joint.extended")
    assert (told.reason, told.audience) == (reason, "patient")
    assert reason not in "".join(story.texts(story.cast.patient_account)), "an SMS says that, not why"

    story.signs(story.experts[2], application)
    assert story.state(application) == "drafting"


def test_consent_withdrawn_midway_closes_the_record_at_once_and_the_case_can_end(story):
    application = story.apply()
    story.gathers(application)
    expert, document = story.experts[1], application.materials.first().document_id
    access_document(expert, document)
    consent = Consent.objects.get(case_id=application.case_id)

    withdraw_consent(consent, actor=story.patient, at=story.at)

    with pytest.raises(NotVisible):
        access_document(expert, document)
    assert access_document(story.doctor, document), "the patient's own hospital keeps its record"
    story.does(story.doctor, application, "withdraw")
    assert story.state(application) == "withdrawn"
    assert story.rang(story.cast.experts[1], "withdraw")
    assert not CaseDeadline.objects.filter(case_id=application.case_id, ended_at=None).exists()


def test_an_urgent_case_rings_at_night_and_an_ordinary_one_waits_for_the_morning(story):
    story.wait(hours=18)  # three o'clock at night
    night = story.at
    ordinary = story.apply()
    assert not story.rang(story.cast.coordinator, "opened")
    urgent = story.apply(urgency="urgent")
    assert story.rang(story.cast.coordinator, "opened")
    assert story.rang(story.cast.patient_account, "opened")

    story.wait(minutes=16)
    assert story.rang(story.lead, "late"), "nobody looked within a quarter of an hour"
    assert story.happened(urgent, "late") == 1
    for name in ("accept_material", "start_assigning"):
        story.does(story.coordinator, urgent, name)
    [invitation] = story.invites(urgent, story.experts[0])
    story.wait(minutes=30)
    assert Invitation.objects.get(id=invitation.id).state == "expired", "thirty minutes, at night too"

    before = len(story.texts(story.cast.coordinator))
    story.wait(hours=6)  # nine in the morning
    assert story.happened(ordinary, "late") == 1
    assert len(story.texts(story.cast.coordinator)) > before
    assert night.hour == 19, "that is three o'clock in China"


def test_every_message_is_numbered_and_none_says_what_the_patient_has(story):
    application = story.apply()
    story.gathers(application)
    number = Case.objects.get(id=application.case_id).number
    texts = story.texts(story.cast.patient_account)
    assert all(number in text for text in texts)
    assert not any(word in text for text in texts for word in ("结节", "周桂兰", "肺"))
    assert all(one != other for one, other in pairwise(texts)), "nothing is told twice"
