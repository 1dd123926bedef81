"""Documents: added from uploads, looked at safely, handed out as downloads, taken out of sight."""

import io

import pytest
from allauth.usersessions.models import UserSession
from django.urls import reverse
from PIL import Image

from huizhen.console.records.tests.desk import person, picture, staff, text, upload
from huizhen.kernel import clock, outbox
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.accounts.tests.people import fresh_cache
from huizhen.people.tests.builders import make_organisation
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.documents import ports as straightening
from huizhen.records.documents.fakes import Ready
from huizhen.records.documents.models import Document
from huizhen.records.documents.ports import Made
from huizhen.records.tests.builders import make_consent, make_patient

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
SAID = {"kind": "ecg", "title": "心电图"}


@pytest.fixture
def house():
    return make_organisation()


@pytest.fixture
def patient(house):
    return make_patient(house)


@pytest.fixture
def desk(house):
    return staff("applicant", house)


@pytest.fixture
def ecg(desk, patient):
    desk.post(reverse("document-new", args=[patient.id]), {**SAID, "files": [picture(desk).id]})
    return Document.objects.get()


def test_a_picture_is_added_and_shown_as_our_own_copy(desk, ecg):
    answer = desk.get(reverse("document", args=[ecg.id]))
    assert "data:image/webp;base64," in text(answer)
    assert answer["Cache-Control"] == "no-store"
    read = AuditEntry.objects.filter(action="records.document.read", subject_id=str(ecg.id))
    assert read.count() == 1


def test_the_file_is_only_ever_a_download(desk, ecg):
    answer = desk.get(reverse("document-file", args=[ecg.id]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content).startswith(b"\x89PNG")


def test_several_files_share_a_title_and_are_numbered(desk, patient):
    first, second = picture(desk), upload(desk, "two.png", _other_picture())
    desk.post(reverse("document-new", args=[patient.id]), {**SAID, "files": [first.id, second.id]})
    assert sorted(one.title for one in Document.objects.all()) == ["心电图 1/2", "心电图 2/2"]


def _other_picture() -> bytes:
    target = io.BytesIO()
    Image.new("L", (40, 30), 90).save(target, "PNG")
    return target.getvalue()


def test_a_form_with_a_mistake_keeps_uploads_and_words(desk, patient):
    file = picture(desk)
    answer = desk.post(reverse("document-new", args=[patient.id]), {"kind": "", "title": "心电图", "files": [file.id]})
    assert answer.status_code == 400
    assert str(file.id) in text(answer)
    assert "心电图" in text(answer)
    assert not Document.objects.exists()


def test_an_upload_can_be_left_out_and_the_words_stay(desk, patient):
    file = picture(desk)
    said = {**SAID, "files": [file.id]}
    answer = desk.post(reverse("document-new", args=[patient.id]) + f"?without={file.id}", said)
    assert answer.status_code == 200
    assert f'value="{file.id}"' not in text(answer)
    assert "心电图" in text(answer)


def test_without_a_file_it_says_so(desk, patient):
    answer = desk.post(reverse("document-new", args=[patient.id]), SAID)
    assert "Choose at least one file" in text(answer)


def test_the_upload_of_somebody_else_does_not_exist(desk, patient, house):
    answer = desk.post(reverse("document-new", args=[patient.id]), {**SAID, "files": [picture(staff("applicant")).id]})
    assert "This upload does not exist." in text(answer)
    assert not Document.objects.exists()


def listed(desk):
    """The session as a real log-in would list it, and used: what the API asks for."""
    UserSession.objects.create(user=desk.account, session_key=desk.session.session_key, ip="192.0.2.1")
    desk.get(reverse("inbox"))
    return desk


def test_two_gigabytes_are_refused_when_they_are_promised(desk):
    listed(desk)
    said = {"Tus-Resumable": "1.0.0", "Upload-Length": str(2 * 2**30)}
    assert desk.post("/api/v1/uploads", headers=said).status_code == 413


def test_a_file_of_another_type_than_its_name_is_refused_by_its_first_bytes(desk):
    listed(desk)
    name = {"Tus-Resumable": "1.0.0", "Upload-Length": "8", "Upload-Metadata": "filename YS5wZGY=,purpose ZG9jdW1lbnQ="}
    there = desk.post("/api/v1/uploads", headers=name)["Location"]
    said = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    answer = desk.patch(there, b"MZ\x90\x00abcd", content_type="application/offset+octet-stream", headers=said)
    assert (answer.status_code, answer["Huizhen-Code"]) == (422, "wrong_type")
    assert "not what its name says" in answer.json()["detail"]


def test_strangers_find_nothing(ecg):
    for other in (staff("applicant"), staff("expert"), staff("operator"), person()):
        assert other.get(reverse("document", args=[ecg.id])).status_code == 404
        assert other.get(reverse("document-file", args=[ecg.id])).status_code == 404
        assert other.post(reverse("document-remove", args=[ecg.id])).status_code == 404


def test_a_reader_by_consent_sees_until_it_is_withdrawn_and_removes_nothing(ecg, patient):
    expert = staff("expert")
    consent = make_consent(patient, account=expert.account)
    assert expert.get(reverse("document", args=[ecg.id])).status_code == 200
    assert expert.post(reverse("document-remove", args=[ecg.id])).status_code == 403
    withdraw_consent(consent, actor=expert.actor, at=clock.now())
    assert expert.get(reverse("document", args=[ecg.id])).status_code == 404


def test_a_document_is_taken_out_of_sight(desk, ecg, patient):
    assert desk.post(reverse("document-remove", args=[ecg.id])).url == reverse("patient", args=[patient.id])
    assert desk.get(reverse("document", args=[ecg.id])).status_code == 404


def test_a_photograph_set_straight_is_one_tap_from_the_original(desk, ecg):
    page = io.BytesIO()
    Image.new("RGB", (60, 90), "white").save(page, "JPEG")
    straightening.set_straightener(Ready(Made(page.getvalue(), ("perspective",), 0.9)))
    outbox.run_pending(clock.now())
    address = reverse("document", args=[ecg.id])
    shown = text(desk.get(address))
    assert "Set straight by the program: seen from straight above." in shown
    taken = text(desk.get(address + "?as=taken"))
    assert "This is the photograph as it was taken." in taken
    assert desk.post(reverse("document-arrange", args=[ecg.id]), {"original": "yes"}).url == address
    assert "See it straight" in text(desk.get(address))
    assert staff("applicant").post(reverse("document-arrange", args=[ecg.id])).status_code == 404
