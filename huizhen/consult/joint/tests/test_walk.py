"""The whole walk, and what each person may see on it."""

import io

import pytest
from django.utils import translation
from pypdf import PdfReader

from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.queries import get_report
from huizhen.kernel import files, outbox
from huizhen.kernel.access import NotVisible
from huizhen.kernel.flow.models import CaseEvent
from huizhen.kernel.notify.models import Notification
from huizhen.records.documents.access import access_document

from . import builders as make

pytestmark = pytest.mark.django_db


def test_from_application_to_signed_report(cast):
    application = make.delivered(cast)
    assert application.case.state == "delivered"
    report = get_report(application.id)
    with files.open_file(report.file) as stored:
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(stored.read())).pages)
    assert application.case.number in text
    assert "缺少增强" in text
    kinds = CaseEvent.objects.filter(case=application.case).values_list("kind", flat=True)
    assert "consult.joint.deliver" in set(kinds)


def test_everybody_concerned_is_told_at_each_step(cast):
    application = make.delivered(cast)
    told = set(
        Notification.objects.filter(kind__startswith="consult.joint.").values_list("kind", "account_id")
    )  # fmt: skip
    for name in ("accept_material", "start_assigning", "start_review", "sign_opinion", "start_drafting", "deliver"):
        for account in (cast.applicant, cast.patient_account):
            assert (f"consult.joint.{name}", account.id) in told, name
    assert ("consult.joint.opened", cast.coordinator.id) in told
    assert ("consult.joint.deliver", cast.experts[1].id) in told
    assert application.case.patient_id == cast.patient.id


def test_outside_experts_see_the_case_until_it_ends(cast):
    application = make.delivered(cast)
    expert = cast.actor(cast.experts[1])
    document = application.materials.first().document_id
    access_joint(expert, application.case_id)
    access_document(expert, document)
    actions.make_move(cast.actor(cast.applicant), application.case_id, "close", at=cast.later(hours=1))
    with pytest.raises(NotVisible):
        access_joint(expert, application.case_id)
    with pytest.raises(NotVisible):
        access_document(expert, document)
    assert access_joint(cast.actor(cast.applicant), application.case_id)


def test_who_was_not_invited_finds_nothing(cast):
    application = make.reviewing(cast)
    stranger = make.make_practitioner(name="路人").account
    with pytest.raises(NotVisible):
        access_joint(cast.actor(stranger), application.case_id)


def test_opinions_are_written_alone(cast):
    application = make.reviewing(cast)
    make.sign(cast, application, cast.experts[2])
    chair, second = cast.actor(cast.experts[0]), cast.actor(cast.experts[1])
    assert access_joint(chair, application.case_id).opinions() == [], "the chair too writes an own one first"
    assert access_joint(second, application.case_id).opinions() == []
    make.sign(cast, application, cast.experts[1])
    assert len(access_joint(second, application.case_id).opinions()) == 2
    patient = cast.actor(cast.patient_account)
    assert access_joint(patient, application.case_id).opinions() == []


def test_a_report_is_delivered_once_however_often_the_job_runs(cast):
    application = make.drafting(cast)
    actions.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=1))
    for _time in range(2):
        actions.issue_report(application.case_id, at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))
    delivered = CaseEvent.objects.filter(case_id=application.case_id, kind="consult.joint.deliver")
    assert delivered.count() == 1
    assert make.fresh(application).reports.count() == 1


def test_an_expert_who_reads_english_signs_what_the_chinese_report_prints(cast):
    application = make.reviewing(cast)
    with translation.override("en"):
        for expert in cast.experts:
            make.sign(cast, application, expert)
    actions.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))
    assert make.state(application) == "delivered"
