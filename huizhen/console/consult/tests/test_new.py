"""Applying, step by step; nothing typed is lost, and a second click sends nothing twice."""

import re
from datetime import date

import pytest

from huizhen.consult.joint.models import Application, Draft
from huizhen.consult.joint.tests import builders as make
from huizhen.records.patients.queries import get_by_identity
from huizhen.records.tests.builders import make_patient

pytestmark = pytest.mark.django_db

START = "/consult/joint/new/"


def begin(cast, client):
    answer = client.post(START, {"patient": str(cast.patient.id)})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return answer["Location"].removesuffix("question/")


def test_from_the_patient_to_the_centre(cast, as_):
    client = as_(cast.applicant)
    at = begin(cast, client)
    code = cast.experts[0].practitioner.specialties.first().code
    words = {
        "purpose": "diagnosis", "question": "右肺结节是否需要手术？", "specialty": code,
        "summary": "女，68 岁，体检发现右肺上叶磨玻璃结节 12 mm，无发热咳嗽。",
    }  # fmt: skip
    assert client.post(f"{at}question/", words)["Location"] == f"{at}materials/"
    file = make.store_pdf(cast.actor(cast.applicant), cast.at)
    assert client.post(f"{at}materials/", {"document": str(file)})["Location"] == f"{at}consent/"
    paper = make.store_pdf(cast.actor(cast.applicant), cast.at)
    agreed = {"agreed": "on", "urgency": "urgent", "urgent_why": "正在出血", "paper": str(paper)}
    assert client.post(f"{at}consent/", agreed)["Location"] == f"{at}check/"
    assert "右肺结节是否需要手术" in client.get(f"{at}check/").content.decode()
    first, second = client.post(f"{at}check/"), client.post(f"{at}check/")
    assert first["Location"] == second["Location"]
    application = Application.objects.get()
    assert application.case.urgency == "urgent"
    assert application.materials.count() == 1
    assert not Draft.objects.exists()
    assert "正在出血" in client.get(first["Location"]).content.decode()


@pytest.mark.parametrize("name", ["materials", "progress", "consent", "check"])
def test_a_draft_without_a_patient_leads_back_to_choosing_one(cast, as_, name):
    draft = Draft.objects.create(account=cast.applicant, content={}, updated_at=cast.at)
    answer = as_(cast.applicant).get(f"{START}{draft.id}/{name}/")
    assert (answer.status_code, answer["Location"]) == (302, f"{START}{draft.id}/patient/")


def test_what_was_typed_halfway_is_kept(cast, as_):
    client = as_(cast.applicant)
    at = begin(cast, client)
    answer = client.post(f"{at}question/", {"question": "只写了一半"})
    assert answer.status_code == 422
    assert "只写了一半" in client.get(f"{at}question/").content.decode()
    assert "只写了一半" in client.get(START).content.decode()


def test_without_the_signed_form_nothing_is_sent(cast, as_):
    client = as_(cast.applicant)
    at = begin(cast, client)
    assert client.post(f"{at}consent/", {"agreed": "on", "urgency": "normal"}).status_code == 422
    assert client.post(f"{at}check/").status_code == 422
    assert not Application.objects.exists()


def test_a_new_patient_is_registered_and_a_wrong_number_refused(cast, as_):
    client = as_(cast.applicant)
    wrong = {"name": "周小川", "identity_kind": "resident", "identity_number": "110105194912310021"}
    answer = client.post(START, wrong)
    assert answer.status_code == 422
    assert "周小川" in answer.content.decode()
    assert client.post(START, {**wrong, "identity_number": "11010519491231002X"}).status_code == 302
    assert get_by_identity("resident", "11010519491231002X").sex == "female"


def test_a_patient_is_found_by_the_whole_name_only(cast, as_):
    client = as_(cast.applicant)
    assert str(cast.patient.id) in client.post(START, {"act": "find", "q": cast.patient.name}).content.decode()
    page = client.post(START, {"act": "find", "q": cast.patient.name[:1]}).content.decode()
    assert str(cast.patient.id) not in page
    assert "都要填写完整才能查到" in page, "else a part of a name looks like a patient who was never here"


def test_namesakes_are_told_apart_by_birth_date_and_masked_numbers(cast, as_):
    twin = make_patient(cast.county, name=cast.patient.name, birth_on=date(1958, 9, 30))
    page = as_(cast.applicant).post(START, {"act": "find", "q": twin.name}).content.decode()
    for one in (cast.patient, twin):
        number = one.identity_number
        hint = re.search(rf'value="{one.id}".*?choice-hint">([^<]*)<', page, re.S)[1]
        assert f"{one.birth_on.year}年{one.birth_on.month}月{one.birth_on.day}日出生" in hint
        assert f"{number[:3]}{'*' * 13}{number[-2:]}" in hint
        assert number not in page


def test_drafts_are_their_owner_s(cast, as_):
    at = begin(cast, as_(cast.applicant))
    other = make.make_practitioner(cast.county, name="别的医生", role="applicant").account
    assert as_(other).get(f"{at}question/").status_code == 404
    assert as_(cast.experts[0]).get(START).status_code == 403


def test_a_patient_applies_for_herself(cast, as_):
    client = as_(cast.patient_account)
    page = client.get(START).content.decode()
    assert str(cast.patient.id) in page
    assert begin(cast, client)
