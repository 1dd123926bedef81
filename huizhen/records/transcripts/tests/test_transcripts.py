"""A report becomes a table that a person confirms: readers that die, two hands, what is found, and who may."""

from datetime import UTC, datetime, timedelta

import pytest

from huizhen.kernel import files, outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.door import Stale
from huizhen.people.tests.builders import make_account
from huizhen.records.documents.actions import add_document
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import as_staff, staff
from huizhen.records.tests.builders import make_consent, make_patient
from huizhen.records.transcripts import access, actions, ports, queries, samples
from huizhen.records.transcripts.cutting import list_words
from huizhen.records.transcripts.fakes import Killed, SheetReader
from huizhen.records.transcripts.models import DocumentWords, Transcript
from huizhen.records.transcripts.rules import Item

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 4, tzinfo=UTC)
SHEET = samples.SHEETS[0]
PICTURE = samples.to_jpeg(samples.draw_sheet(SHEET).resize((200, 283)))


@pytest.fixture(autouse=True)
def reader():
    ports.set_reader(SheetReader(SHEET))


@pytest.fixture
def patient():
    return make_patient(name="王秀英")


@pytest.fixture
def doctor(patient):
    return staff("applicant", patient.organisation)


def add(patient, doctor, kind="lab_report", title="血常规"):
    upload = files.store(f"{title}.jpg", PICTURE + title.encode(), actor=doctor, at=AT, purpose="document")
    return add_document(patient, file_id=upload.id, kind=kind, title=title, actor=doctor, at=AT)


def read(document) -> Transcript:
    outbox.run_pending(AT)
    return Transcript.objects.get(document=document)


def confirm(transcript, doctor, items=None, at=AT):
    items = queries.list_items(transcript) if items is None else items
    return actions.confirm_transcript(transcript, items, seen=transcript.version, actor=doctor, at=at)


def test_a_report_is_read_in_a_job_and_confirmed_by_a_person(patient, doctor):
    document = add(patient, doctor)
    transcript = read(document)
    assert (transcript.state, transcript.facts["name"], transcript.facts["sampled_on"]) == (
        "read",
        "王秀英",
        "2026-03-02",
    )
    items = queries.list_items(transcript)
    assert [(i.name, i.value, i.unit, i.range, i.flag) for i in items] == samples.expected(SHEET)
    items[0] = Item("白细胞计数(WBC)", "11.38", "10^9/L", "3.5-9.5", "high")
    held = confirm(access.access_transcript(doctor, document.id, to="confirm"), doctor, items)
    assert (held.state, held.confirmed_by_id, held.version) == ("confirmed", doctor.account_id, 2)
    by = [(one.number, one.by_id, one.items[0]["value"]) for one in queries.list_versions(held)]
    assert by == [(2, doctor.account_id, "11.38"), (1, None, "11.83")]
    assert AuditEntry.objects.filter(action="records.transcript.confirmed", patient_id=patient.id).count() == 1


def test_a_reader_that_is_killed_loses_nothing_and_says_so(patient, doctor):
    document = add(patient, doctor)
    ports.set_reader(Killed(2, SheetReader(SHEET)))
    for tries in (1, 2):
        with pytest.raises(ports.Died):
            actions.read_document(document.id, at=AT)
        transcript = Transcript.objects.get(document=document)
        assert (transcript.state, transcript.problem, transcript.tries) == ("waiting", "died", tries)
    assert actions.read_document(document.id, at=AT).state == "read"


def test_after_the_third_time_it_stops_and_somebody_may_ask_again(patient, doctor):
    document = add(patient, doctor)
    ports.set_reader(Killed(3, SheetReader(SHEET)))
    for _ in range(2):
        with pytest.raises(ports.Died):
            actions.read_document(document.id, at=AT)
    transcript = actions.read_document(document.id, at=AT)
    assert (transcript.state, transcript.problem) == ("failed", "died")
    assert actions.read_document(document.id, at=AT).tries == 3  # the job once more does nothing
    actions.read_again(transcript, actor=doctor, at=AT)
    outbox.run_pending(AT)
    assert Transcript.objects.get(document=document).state == "read"


def test_a_worker_that_dies_with_its_reader_does_not_try_for_ever(patient, doctor):
    document = add(patient, doctor)
    Transcript.objects.create(document=document, asked_at=AT, state="reading", tries=3)
    assert actions.read_document(document.id, at=AT).problem == "died"


def test_reading_twice_keeps_one_table(patient, doctor):
    document = add(patient, doctor)
    first = read(document)
    Transcript.objects.filter(id=first.id).update(state="reading")
    actions.keep(first, SheetReader(SHEET).read(b"", ""), AT)
    held = confirm(Transcript.objects.get(document=document), doctor)
    actions.keep(first, SheetReader(SHEET).read(b"", ""), AT)
    assert Transcript.objects.get(document=document).version == held.version


def test_of_two_hands_the_second_is_told(patient, doctor):
    transcript = read(add(patient, doctor))
    confirm(transcript, doctor)
    with pytest.raises(Stale):
        confirm(transcript, doctor)


@pytest.mark.parametrize(
    ("items", "code"),
    [([], "missing"), ([Item("钾", "")], "half_a_line"), ([Item("钾", "4", flag="odd")], "unknown_choice"),
     ([Item("钾" * 121, "4")], "too_long")],
)  # fmt: skip
def test_a_table_that_cannot_be_confirmed(patient, doctor, items, code):
    transcript = read(add(patient, doctor))
    with pytest.raises(Refused) as refused:
        confirm(transcript, doctor, items)
    assert refused.value.errors == {"items": code}


def test_documents_are_found_by_their_words_and_the_database_knows_none(patient, doctor):
    lab, letter = add(patient, doctor), add(patient, doctor, "consent_form", "手术知情同意书")
    read(lab)
    found = {text: access.search_documents(doctor, patient, text) for text in
             ("白细胞", "血小板 WBC", "手术", "血小板 手术", "ck", "白", "'); DROP", "")}  # fmt: skip
    assert {text: [one.id for one in hits] for text, hits in found.items()} == {
        "白细胞": [lab.id], "血小板 WBC": [lab.id], "手术": [letter.id], "血小板 手术": [], "ck": [], "白": [],
        "'); DROP": [], "": [],
    }  # fmt: skip
    rows = list(DocumentWords.objects.values_list("words", flat=True))
    assert all(set(word) <= set("abcdefghijklmnop' ") for word in rows)
    other = make_patient()
    twin = add(other, staff("applicant", other.organisation))
    read(twin)
    words = [set(DocumentWords.objects.get(document=one).words.split()) for one in (lab, twin)]
    assert not words[0] & words[1]  # the same report of two people shares no fingerprint


def test_who_may_read_confirm_and_search(patient, doctor):
    document = add(patient, doctor)
    transcript, expert = read(document), make_account()
    stranger = staff("applicant")
    with pytest.raises(NotVisible):
        access.access_transcript(stranger, document.id)
    make_consent(patient, account=expert, scope=["documents"], until=datetime.now(UTC) + timedelta(days=9))
    reader = as_staff(expert)
    assert access.access_transcript(reader, document.id) == transcript
    with pytest.raises(NotAllowed):
        access.access_transcript(reader, document.id, to="confirm")
    assert access.search_documents(reader, patient, "白细胞") == [document]
    assert access.search_documents(stranger, patient, "白细胞") == []


def test_a_real_reader_reads_and_a_killed_one_is_reported(monkeypatch):
    small = samples.Sheet("检验报告单", "青山县人民医院", "王秀英", samples.MARKERS[:2], samples.WIDE)
    paper = samples.draw_sheet(small).crop((0, 270, 1240, 450)).rotate(3, expand=True, fillcolor="white")
    pages = ports.OwnProcess().read(samples.to_jpeg(paper), "image/jpeg")
    items, _ = actions.read_page(pages[0].lines)
    assert [(i.name, i.value, i.unit, i.range, i.flag) for i in items] == samples.expected(small)
    with pytest.raises(ports.Unreadable, match="damaged"):
        ports.OwnProcess().read(b"%PDF-1.7 nothing", "application/pdf")
    monkeypatch.setattr(ports, "CHILD", "huizhen.records.transcripts.tests.killed")
    with pytest.raises(ports.Died) as died:
        ports.OwnProcess().read(PICTURE, "image/jpeg")
    assert died.value.signal == 9


def test_words_are_cut_in_a_process_of_its_own_as_they_are_here():
    texts = ["血常规 白细胞计数 5.2 10^9/L", "Lung nodule, 12 mm"]
    assert ports.OwnProcess().cut(texts) == list_words(texts)
    assert {"白细胞", "12", "nodule"} <= list_words(texts)
