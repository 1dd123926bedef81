"""The results on a report: the table beside its original, confirmed at the screen; pages, Word, HEIC."""

import io
from pathlib import Path

import docx
import pytest
from django.urls import reverse

from huizhen.console.records.tests.desk import staff, text, upload
from huizhen.kernel import clock, outbox
from huizhen.people.tests.builders import make_organisation
from huizhen.records.documents.actions import add_document
from huizhen.records.documents.tests.test_rules import make_pdf
from huizhen.records.tests.builders import make_patient
from huizhen.records.transcripts import ports, samples
from huizhen.records.transcripts.fakes import Killed, SheetReader
from huizhen.records.transcripts.models import Transcript

pytestmark = pytest.mark.django_db
SHEET = samples.SHEETS[2]


@pytest.fixture
def house():
    return make_organisation()


@pytest.fixture
def desk(house):
    return staff("applicant", house)


@pytest.fixture
def patient(house):
    return make_patient(house, name="王秀英")


@pytest.fixture(autouse=True)
def reader():
    ports.set_reader(SheetReader(SHEET))


def add(desk, patient, data=None, name="a.jpg", kind="lab_report"):
    data = data or samples.to_jpeg(samples.draw_sheet(SHEET).resize((310, 438)))
    file = upload(desk, name, data)
    return add_document(patient, file_id=file.id, kind=kind, title="肿瘤标志物", actor=desk.actor, at=clock.now())


def form_of(page: str, seen: int = 1) -> dict[str, str]:
    """What a browser would send of the table as it was shown."""
    said = {"seen": str(seen)}
    for number, item in enumerate(SHEET.items):
        assert f'value="{item.value}"' in page
        said |= {f"name-{number}": item.name, f"value-{number}": item.value, f"unit-{number}": item.unit,
                 f"range-{number}": item.range, f"flag-{number}": item.flag}  # fmt: skip
    return said


def test_a_report_is_checked_and_found(desk, patient):
    document = add(desk, patient)
    outbox.run_pending(clock.now())
    assert "Nobody has checked them yet" in text(desk.get(reverse("document", args=[document.id])))
    address = reverse("transcript", args=[document.id])
    page = text(desk.get(address))
    assert "data:image/webp" in page
    assert page.count("<rect") == len(SHEET.items)
    said = {**form_of(page), "value-0": "6.38", "name-6": "癌抗原199", "value-6": "12"}
    assert desk.post(address, said).url == address
    page = text(desk.get(address))
    assert "6.38" in page
    assert "confirmed by" in page
    assert desk.post(address, said).status_code == 409  # the same page from yesterday's tab
    found = desk.post(reverse("patient-search", args=[patient.id]), {"q": "癌抗原199"})
    assert "肿瘤标志物" in text(found)
    assert "Nothing found" in text(desk.post(reverse("patient-search", args=[patient.id]), {"q": "钾"}))


def test_half_a_line_is_sent_back_with_all_that_was_typed(desk, patient):
    document = add(desk, patient)
    outbox.run_pending(clock.now())
    address = reverse("transcript", args=[document.id])
    answer = desk.post(address, {**form_of(text(desk.get(address))), "name-6": "新项目"})
    assert answer.status_code == 400
    assert "needs a name and a result" in text(answer)
    assert "新项目" in text(answer)


def test_another_persons_report_is_warned_of_and_a_dead_reader_is_said(desk, house):
    document = add(desk, make_patient(house, name="李四"))
    outbox.run_pending(clock.now())
    assert "Is it the right person" in text(desk.get(reverse("transcript", args=[document.id])))
    ports.set_reader(Killed(9, SheetReader(SHEET)))
    second = add(desk, make_patient(house), kind="lab_report")
    Transcript.objects.create(document=second, asked_at=clock.now(), tries=3)
    outbox.run_pending(clock.now())
    page = text(desk.get(reverse("transcript", args=[second.id])))
    assert "stopped three times" in page
    assert "Read it again" in page
    assert desk.post(reverse("transcript-again", args=[second.id])).status_code == 302


def test_pages_of_a_pdf_the_text_of_word_and_photographs_of_phones(desk, patient):
    pdf = add(desk, patient, make_pdf(14), "a.pdf", "record")
    page = text(desk.get(reverse("document", args=[pdf.id]) + "?page=12"))
    assert "Page 12 of 14" in page
    assert page.count("data:image/webp") == 11
    paper = docx.Document()
    paper.add_heading("出院小结", 1)
    paper.add_paragraph("<script>alert(1)</script>")
    paper.add_table(1, 2).cell(0, 1).text = "高血压"
    buffer = io.BytesIO()
    paper.save(buffer)
    page = text(desk.get(reverse("document", args=[add(desk, patient, buffer.getvalue(), "a.docx", "record").id])))
    assert "出院小结" in page
    assert "高血压" in page
    assert "<script>alert" not in page
    heic = (Path(__file__).parent / "phone.heic").read_bytes()
    assert "data:image/webp" in text(
        desk.get(reverse("document", args=[add(desk, patient, heic, "a.heic", "photo").id]))
    )
