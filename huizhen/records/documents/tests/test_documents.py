"""Documents in a record: adding, reading, removing, and everybody who may not."""

import io
from datetime import UTC, date, datetime

import pytest
from PIL import Image

from huizhen.kernel import clock, files
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.files.models import File
from huizhen.people.tests.builders import make_account
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.documents import access, actions, queries
from huizhen.records.documents.models import Document
from huizhen.records.documents.tests.test_rules import make_pdf, make_picture
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import as_staff, family, staff
from huizhen.records.tests.builders import make_consent, make_patient
from huizhen.records.tests.cases import make_case

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def patient():
    return make_patient(account=make_account(kind="patient"))


@pytest.fixture
def doctor(patient):
    return staff("applicant", patient.organisation)


def upload(actor, name="report.pdf", data: bytes = b"") -> File:
    return files.store(name, data or make_pdf(2), actor=actor, at=AT, purpose="document")


def add(patient, actor, file=None, **changes) -> Document:
    values = {"file_id": (file or upload(actor)).id, "kind": "lab_report", "title": " 血常规 "}
    return actions.add_document(patient, **{**values, **changes}, actor=actor, at=AT)


def errors_of(*arguments, **options) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        add(*arguments, **options)
    return refused.value.errors


def visible(actor, document) -> bool:
    try:
        return access.access_document(actor, document.id) == document
    except NotVisible:
        return False


def test_a_pdf_is_added_and_read(patient, doctor):
    document = add(patient, doctor, taken_on=date(2026, 2, 20))
    found = access.access_document(doctor, document.id)
    assert (found.title, found.pages, found.kind) == ("血常规", 2, "lab_report")
    with files.open_file(found.file) as stream:
        assert stream.read(5) == b"%PDF-"
    assert Image.open(io.BytesIO(queries.get_preview(found, 200, page=2))).size == (200, 200)
    actions_left = AuditEntry.objects.filter(patient_id=patient.id).order_by("id").values_list("action", flat=True)
    assert list(actions_left) == ["records.document.added", "records.document.read"]


def test_a_picture_has_a_preview(patient, doctor):
    file = upload(doctor, "photo.jpg", make_picture((400, 300)))
    document = add(patient, doctor, file, kind="photo")
    assert document.pages == 1
    assert Image.open(io.BytesIO(queries.get_preview(document, 100))).size == (100, 75)


def test_the_same_file_twice_is_one_document(patient, doctor):
    file = upload(doctor)
    assert add(patient, doctor, file) == add(patient, doctor, file)
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"kind": "novel"}, {"kind": "unknown_choice"}),
        ({"title": " "}, {"title": "missing"}),
        ({"taken_on": date(2026, 3, 2)}, {"taken_on": "taken_future"}),
    ],
)
def test_wrong_fields(patient, doctor, changes, errors):
    assert errors_of(patient, doctor, **changes) == errors


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("report.pdf", make_pdf(1, "secret"), "locked"),
        ("report.pdf", make_pdf(1)[:120], "damaged"),
        ("photo.jpg", make_picture()[:180], "damaged"),
    ],
)
def test_files_that_cannot_be_opened(patient, doctor, name, data, code):
    assert errors_of(patient, doctor, upload(doctor, name, data)) == {"file": code}
    assert not Document.objects.exists()


def test_a_file_of_another_type_than_its_name_is_refused_by_the_upload(doctor):
    with pytest.raises(files.Refused):
        upload(doctor, "photo.jpg", make_pdf())


def test_somebody_elses_upload_does_not_exist(patient, doctor):
    assert errors_of(patient, doctor, upload(staff("applicant"))) == {"file": "not_yours"}


def test_images_of_the_imaging_kind_are_not_documents(patient, doctor):
    file = files.store("1.dcm", b"\0" * 128 + b"DICM" + b"\0" * 50, actor=doctor, at=AT, purpose="imaging")
    assert errors_of(patient, doctor, file) == {"file": "wrong_type"}


def test_who_sees_a_document(patient, doctor):
    document = add(patient, doctor)
    expert = make_account()
    make_consent(patient, account=expert, scope=["documents"])
    other = make_account()
    make_consent(patient, account=other, scope=["imaging"])
    seen = [visible(a, document) for a in (doctor, family(patient.account), as_staff(expert))]
    unseen = [visible(a, document) for a in (as_staff(other), staff("applicant"), staff("expert"), family())]
    assert (seen, unseen) == ([True] * 3, [False] * 4)


def test_a_consent_withdrawn_while_the_page_is_open(patient, doctor):
    document, expert = add(patient, doctor), make_account()
    consent = make_consent(patient, account=expert)
    actor = as_staff(expert)
    assert visible(actor, document)
    withdraw_consent(consent, actor=family(patient.account), at=clock.now())
    assert not visible(actor, document)
    assert access.list_documents(actor, patient) == []


def test_a_case_opens_its_own_documents_and_nothing_else_of_the_record(patient, doctor):
    expert = make_account()
    case, other = make_case(patient, expert=expert), make_case(patient, expert=expert)
    make_consent(patient, case=case)
    mine, general, foreign = (add(patient, doctor, case_id=key) for key in (case.id, None, other.id))
    actor = as_staff(expert)
    assert [visible(actor, document) for document in (mine, general, foreign)] == [True, False, False]
    assert set(access.list_documents(actor, patient)) == {mine}
    assert access.list_documents(actor, patient, case_id=other.id) == []
    assert set(access.list_documents(doctor, patient)) == {mine, general, foreign}


def test_removing_hides_and_keeps(patient, doctor):
    document = add(patient, doctor)
    expert = make_account()
    make_consent(patient, account=expert)
    with pytest.raises(NotAllowed):
        access.access_document(as_staff(expert), document.id, to="remove")
    for _ in range(2):
        actions.remove_document(document, actor=doctor, at=AT)
    assert not visible(doctor, document)
    assert access.list_documents(doctor, patient) == []
    assert Document.objects.get().removed_by_id == doctor.account_id
