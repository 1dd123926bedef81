"""Nothing around consent for a case: what it closes is closed on every page, and what it opens can be worked with."""

from datetime import timedelta

import pytest

from huizhen.consult.duty import actions as duty
from huizhen.consult.duty.queries import list_ringing
from huizhen.consult.joint.questions import actions as questions
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.joint.tests import large
from huizhen.consult.referrals.tests import builders as referring
from huizhen.kernel import files, outbox
from huizhen.kernel.access import SYSTEM
from huizhen.kernel.ids import new_id
from huizhen.people.tests.builders import make_member
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.consent.queries import list_consents
from huizhen.records.documents.actions import add_document
from huizhen.records.documents.tests.test_rules import make_pdf
from huizhen.records.imaging import access as imaging
from huizhen.records.imaging.models import ImagingInstance, ImagingSeries
from huizhen.records.measures.access import may_draw, sees_all
from huizhen.records.measures.models import Measurement
from huizhen.records.transcripts.models import Transcript

pytestmark = pytest.mark.django_db


def withdraw(cast, case_id):
    [consent] = [one for one in list_consents(cast.patient.id) if one.case_id == case_id]
    withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))


def test_a_study_brought_for_one_case_and_laid_before_another_is_worked_with_in_both(cast, as_):
    first, second = make.reviewing(cast), make.reviewing(cast)
    large.add_material(cast, second)
    study = second.materials.get(study__isnull=False).study
    study.case_id = first.case_id
    study.save(update_fields=["case"])
    third = make.reviewing(cast)
    expert = cast.actor(cast.experts[1])
    for application, works in ((first, True), (second, True), (third, False)):
        key = application.case_id
        found = (imaging.may_mark(expert, study, key), may_draw(expert, study, key), sees_all(expert, study, key))
        assert set(found) == {works}
    series = ImagingSeries.objects.get(study=study, number=0)
    page = as_(cast.experts[1]).get(f"/records/imaging/{series.id}/?case={second.case_id}").content.decode()
    assert "data-marks" in page


def test_the_consent_for_a_referral_does_not_stand_in_for_that_of_its_consultation(cast, as_):
    application = make.delivered(cast)
    _hospital, department, coordinator = referring.make_receiver(cast)
    referral = referring.sent(cast, application, department)
    make_member("coordinator", cast.platform, account=coordinator)
    withdraw(cast, application.case_id)
    paper = application.materials.get(document__isnull=False).document_id
    client, where = as_(coordinator), f"/records/documents/{paper}/"
    cases = (f"?case={application.case_id}", f"?case={referral.case_id}", "")
    assert [client.get(where + one).status_code for one in cases] == [404, 200, 200]


def test_without_consent_who_answers_for_no_opinion_finds_no_report_and_no_question_about_it(cast, as_):
    application, left = make.delivered(cast), cast.experts[1]
    case_id, where = application.case_id, f"/consult/joint/{application.case_id}/"
    questions.ask_back(cast.actor(cast.applicant), case_id, question="能否游泳？", sent_key="1", at=cast.at)
    make.actions.correct_report(cast.actor(cast.experts[0]), case_id, reason="笔误", at=cast.later(minutes=1))
    make.actions.withdraw_opinion(cast.actor(left), case_id, reason="看错序列", at=cast.later(minutes=1))

    def found(account):
        client = as_(account)
        page = client.get(where).content.decode()
        return ["能否游泳" in page, "report/1.pdf" in page, client.get(f"{where}report/1.pdf").status_code]

    assert found(left) == [True, True, 200]
    withdraw(cast, case_id)
    assert found(left) == [False, False, 404]
    for account in (cast.experts[0], cast.applicant, cast.coordinator):
        assert found(account) == [True, True, 200]


def test_the_record_repeats_no_question_that_is_closed_on_its_case(cast, as_):
    first, _second = make.reviewing(cast, question="左肾囊肿是否要手术？"), make.reviewing(cast)
    withdraw(cast, first.case_id)
    record = f"/records/patients/{cast.patient.id}/"
    for account, reads in ((cast.experts[1], False), (cast.applicant, True), (cast.patient_account, True)):
        page = as_(account).get(record).content.decode()
        assert first.case.number in page
        assert ("左肾囊肿" in page) == reads


def test_the_doctor_on_duty_who_takes_an_urgent_case_reads_its_material_while_consent_holds(cast, as_):
    doctor = cast.experts[2]
    length = {"starts_at": cast.at, "ends_at": cast.at + timedelta(hours=8)}
    duty.add_shift(cast.platform.id, doctor.id, **length, actor=SYSTEM, at=cast.at)
    application = make.submitted(cast, urgency="urgent")
    outbox.run_pending(cast.later(seconds=5))
    [ring] = list_ringing(doctor.id)
    paper = application.materials.get().document_id
    case, where = f"/consult/joint/{application.case_id}/", f"/records/documents/{paper}/?case={application.case_id}"

    def found():
        client = as_(doctor)
        return [f"/records/documents/{paper}/" in client.get(case).content.decode(), client.get(where).status_code]

    assert found() == [False, 404]
    duty.take(cast.actor(doctor), ring.id, at=cast.at)
    assert found() == [True, 200]
    withdraw(cast, application.case_id)
    assert found() == [False, 404]


def test_an_act_on_ones_own_measurement_lists_none_of_a_case_whose_consent_is_gone(cast, as_):
    first, second = make.reviewing(cast), make.reviewing(cast)
    large.add_material(cast, first)
    study = first.materials.get(study__isnull=False).study
    second.materials.create(study=study, added_by=cast.applicant, added_at=cast.at)
    image = ImagingInstance.objects.filter(series__study=study).first()

    def measure(application, expert):
        return Measurement.objects.create(
            case_id=application.case_id, instance=image, kind="length", key=new_id(), drawn_by=expert,
            drawn_at=cast.at, changed_at=cast.at,
            content={"points": [[1, 1], [9, 9]], "figures": {"value": 11.3, "unit": "mm"}},
        ).id  # fmt: skip

    other, own = measure(first, cast.experts[0]), measure(second, cast.experts[1])
    client, where = as_(cast.experts[1]), f"/records/imaging/measures/{own}/remove/"
    assert str(other) in client.post(where, {"case": first.case_id}).content.decode()
    withdraw(cast, first.case_id)
    assert client.post(where, {"case": first.case_id}).status_code == 404
    answer = client.post(f"/records/imaging/measures/{own}/restore/", {"case": second.case_id})
    assert (answer.status_code, str(own) in answer.content.decode()) == (200, True)


def test_what_a_document_leads_to_is_opened_by_the_consent_of_the_case_it_was_opened_from(cast, as_):
    doctor = cast.actor(cast.applicant)
    file = files.store("化验单.pdf", make_pdf(2), actor=doctor, at=cast.at, purpose="document")
    paper = add_document(cast.patient, file_id=file.id, kind="lab_report", title="血常规", actor=doctor, at=cast.at)
    application = make.reviewing(cast, document_ids=(paper.id,))
    Transcript.objects.update_or_create(
        document=paper, defaults={"state": "read", "facts": {"name": "张三丰"}, "asked_at": cast.at, "read_at": cast.at}
    )
    client, case = as_(cast.experts[1]), f"case={application.case_id}"
    page = client.get(f"/records/documents/{paper.id}/?{case}").content.decode()
    transcript = f"/records/documents/{paper.id}/transcript/?{case}"
    for href in (f"?page=2&amp;{case}", transcript):
        assert f'href="{href}"' in page
    page = client.get(transcript).content.decode()
    for href in (f"?page=2&amp;{case}", f"/records/documents/{paper.id}/?{case}"):
        assert f'href="{href}"' in page
    assert "张三丰" in page
    assert "周＊" in page
    assert "周桂兰" not in page, "an expert of another hospital reads the family name"
    assert "周桂兰" in as_(cast.applicant).get(transcript).content.decode()


def test_without_consent_no_word_of_the_material_stands_among_the_reasons_for_an_expert(cast, as_):
    application = make.assigning(cast)
    paper = application.materials.get().document
    paper.title = "银屑病皮疹皮肤活检、湿疹、荨麻疹、皮肤瘙痒"
    paper.save(update_fields=["title"])
    client, where = as_(cast.coordinator), f"/consult/joint/{application.case_id}/invite/"
    assert "皮肤科</strong>" in client.get(where).content.decode(), "recognised by the title"
    withdraw(cast, application.case_id)
    page = client.get(where).content.decode()
    assert "右肺上叶结节" in page, "what was asked is the centre's to read"
    assert "皮肤科</strong>" not in page


def test_the_way_back_from_a_record_leads_nobody_to_a_list_that_is_not_theirs(cast, as_):
    make.reviewing(cast)
    record = f"/records/patients/{cast.patient.id}/"
    for account, listed in ((cast.experts[1], False), (cast.coordinator, False), (cast.applicant, True)):
        client = as_(account)
        page = client.get(record).content.decode().partition("<main")[2]
        assert ('href="/records/patients/"' in page) == listed
        assert (client.get("/records/patients/").status_code == 200) == listed
