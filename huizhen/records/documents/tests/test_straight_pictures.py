"""The page set straight beside its photograph: in a job, shown and read instead of it, one tap back, and when it fails."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from huizhen.kernel import files, outbox
from huizhen.kernel.access import NotAllowed
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.files.ports import Folder, StorageTrouble
from huizhen.people.tests.builders import make_account
from huizhen.records.apart import Died
from huizhen.records.documents import access, actions, ports, queries
from huizhen.records.documents.actions import add_document
from huizhen.records.documents.fakes import Killed, Ready
from huizhen.records.documents.ports import Made
from huizhen.records.tests.actors import as_staff, staff
from huizhen.records.tests.builders import make_consent, make_patient
from huizhen.records.transcripts import ports as reading
from huizhen.records.transcripts.fakes import SheetReader
from huizhen.records.transcripts.models import Transcript
from huizhen.records.transcripts.samples import SHEETS

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 4, tzinfo=UTC)


def jpeg(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(buffer, "JPEG")
    return buffer.getvalue()


TAKEN, STRAIGHT = jpeg(400, 300), jpeg(300, 424)
MADE = Made(STRAIGHT, ("perspective", "shadow"), 0.97)


@pytest.fixture
def patient():
    return make_patient(name="王秀英")


@pytest.fixture
def doctor(patient):
    return staff("applicant", patient.organisation)


@pytest.fixture
def document(patient, doctor):
    reading.set_reader(SheetReader(SHEETS[0]))
    upload = files.store("a.jpg", TAKEN, actor=doctor, at=AT, purpose="document")
    return add_document(patient, file_id=upload.id, kind="lab_report", title="血常规", actor=doctor, at=AT)


def size(document, form="shown") -> tuple[int, int]:
    return Image.open(io.BytesIO(queries.get_preview(document, 600, form=form))).size


def test_the_straight_page_is_shown_and_read_and_the_photograph_stays(document):
    ports.set_straightener(Ready(MADE))
    assert size(document) == (400, 300)
    outbox.run_pending(AT)
    assert size(document) == (300, 424)
    assert size(document, "taken") == (400, 300)
    assert Transcript.objects.get(document=document).straight
    with files.open_file(document.file) as stream:
        assert stream.read() == TAKEN
    actions.straighten_document(document.id, at=AT)  # the job once more does nothing
    assert queries.get_straight(document).tries == 1


def test_one_tap_back_for_who_may_add(patient, doctor, document):
    ports.set_straightener(Ready(MADE))
    outbox.run_pending(AT)
    expert = make_account()
    make_consent(patient, account=expert, scope=["documents"], until=datetime.now(UTC) + timedelta(days=9))
    assert size(access.access_document(as_staff(expert), document.id)) == (300, 424)
    with pytest.raises(NotAllowed):
        access.access_document(as_staff(expert), document.id, to="arrange")
    seen = access.access_document(doctor, document.id, to="arrange")
    for original, shown in ((True, (400, 300)), (True, (400, 300)), (False, (300, 424))):
        actions.show_original(seen, original=original, actor=doctor, at=AT)
        assert size(document) == shown
    assert AuditEntry.objects.filter(action="records.document.arranged", patient_id=patient.id).count() == 2


def test_killed_three_times_it_is_left_and_read_as_it_was_taken(document):
    ports.set_straightener(Killed(3, MADE))
    for _ in range(2):
        with pytest.raises(Died):
            actions.straighten_document(document.id, at=AT)
        assert queries.get_straight(document).state == "waiting"
    outbox.run_pending(AT)
    held = queries.get_straight(document)
    assert (held.state, held.problem, held.tries) == ("failed", "died", 3)
    transcript = Transcript.objects.get(document=document)
    assert (transcript.state, transcript.straight) == ("read", False)


def test_a_full_store_holds_up_no_reading_and_is_tried_again(document, monkeypatch):
    def full(self, name, chunks):
        raise StorageTrouble("No space left on device")

    ports.set_straightener(Ready(MADE))
    put = Folder.put
    monkeypatch.setattr(Folder, "put", full)
    for _ in range(5):
        with pytest.raises(StorageTrouble):
            actions.straighten_document(document.id, at=AT)
    assert queries.get_straight(document).problem == "storage"
    monkeypatch.setattr(Folder, "put", put)
    actions.straighten_document(document.id, at=AT)
    held = queries.get_straight(document)
    assert (held.state, held.problem) == ("straight", "")
    assert size(document) == (300, 424)
