"""A full disk while papers are made and read: each job fails, says so and changes nothing; when there is room it does its
work once. Uploads and images have tests of their own beside the imports."""

from functools import partial
from typing import Any

import pytest

from huizhen.console.records.tests.desk import sit_down, text
from huizhen.consult.joint import actions as joint
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.joint.tests.conftest import _signing, cast
from huizhen.consult.referrals import actions as referrals
from huizhen.consult.referrals.tests import builders as letters
from huizhen.kernel import clock, outbox
from huizhen.kernel.files.models import File
from huizhen.kernel.files.ports import Folder, StorageTrouble
from huizhen.kernel.flow.models import CaseEvent
from huizhen.kernel.notify.models import Notification
from huizhen.people.accounts.tests.people import enrol, fresh_cache
from huizhen.records.documents.access import access_document
from huizhen.records.documents.models import Document
from huizhen.records.documents.queries import get_preview
from huizhen.records.fhir import actions as copies
from huizhen.records.fhir.access import access_copy
from huizhen.records.fhir.actions.exporting import make_export
from huizhen.records.transcripts import actions as transcripts
from huizhen.records.transcripts import ports, samples
from huizhen.records.transcripts.fakes import SheetReader

__all__ = ["_signing", "cast", "fresh_cache"]
pytestmark = pytest.mark.django_db


WAITS = "waits for room in the store"


def told(kind: str) -> set[Any]:
    """Who was told of it."""
    outbox.run_pending(clock.now())
    return set(Notification.objects.filter(kind=kind).values_list("account_id", flat=True))


def no_room(self, name, chunks):
    raise StorageTrouble(f"{name}: No space left on device")


@pytest.fixture
def try_twice(monkeypatch):
    """Have a job run on a full disk, where it must fail, and then with room again; how many files it left each time."""

    def run(job) -> tuple[int, int]:
        before = File.objects.filter(state="ready").count()
        with monkeypatch.context() as full:
            full.setattr(Folder, "put", no_room)
            with pytest.raises(StorageTrouble):
                job()
        between = File.objects.filter(state="ready").count()
        job()
        return between - before, File.objects.filter(state="ready").count() - between

    return run


def test_reports_and_letters_wait_for_room_and_are_sent_once(cast, try_twice):
    application = make.drafting(cast)
    joint.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=30))
    reader = sit_down(enrol(cast.applicant))

    def shown(act, page) -> list[bool]:
        """Whether the page speaks of it before, while there is no room, and after."""
        says = [WAITS in text(reader.get(page))]

        def run() -> None:
            try:
                act(at=cast.at)
            finally:
                says.append(WAITS in text(reader.get(page)))

        assert try_twice(run) == (0, 1)
        return says

    where = f"/consult/joint/{application.case_id}/"
    assert shown(partial(joint.issue_report, application.case_id), where) == [False, True, False]
    assert make.state(application) == "delivered"
    assert told("consult.joint.no_room") == {cast.experts[0].id, cast.coordinator.id}
    _hospital, department, _coordinator = letters.make_receiver(cast)
    letter = letters.begun(cast, application, department)
    referrals.agree(cast.actor(cast.patient_account), letter.case_id, at=cast.at)
    referrals.sign_letter(cast.actor(cast.applicant), letter.case_id, at=cast.later(minutes=1))
    where = f"/consult/referrals/{letter.case_id}/"
    assert shown(partial(referrals.issue_letter, letter.case_id), where) == [False, True, False]
    assert letters.fresh(letter).case.state == "sent"
    assert cast.applicant.id in told("consult.referral.no_room")


def test_a_report_waits_longer_than_a_job_has_patience_and_says_so_once(cast, monkeypatch):
    application = make.drafting(cast)
    joint.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=30))
    with monkeypatch.context() as full:
        full.setattr(Folder, "put", no_room)
        for act in (partial(joint.issue_report, application.case_id), joint.issue_waiting, joint.issue_waiting):
            with pytest.raises(StorageTrouble):
                act(at=cast.later(hours=5))
    events = CaseEvent.objects.filter(case_id=application.case_id, kind="consult.joint.no_room")
    assert events.count() == 1
    for _time in range(2):
        joint.issue_waiting(at=cast.later(hours=1))
    assert make.state(application) == "delivered"
    assert File.objects.filter(purpose="report", state="ready").count() == 1


def test_a_copy_of_the_record_waits_for_room_and_its_page_says_so(cast, try_twice):
    doctor, pages = sit_down(enrol(cast.applicant)), []
    patient = access_copy(doctor.actor, cast.patient.id)
    made = copies.order_export(patient, with_files=False, actor=doctor.actor, at=cast.at)

    def write() -> None:
        try:
            make_export(made.id, at=cast.at)
        finally:
            pages.append(text(doctor.get(f"/records/patients/{cast.patient.id}/fhir/")))

    assert try_twice(write) == (0, 1)
    assert ["as soon as it can be" in page for page in pages] == [True, False]


def test_reading_and_small_pictures_need_no_room(cast, monkeypatch):
    document = Document.objects.get(id=make.make_document(cast))
    Document.objects.filter(id=document.id).update(kind="lab_report")
    ports.set_reader(SheetReader(samples.SHEETS[0]))
    monkeypatch.setattr(Folder, "put", no_room)
    assert transcripts.read_document(document.id, at=cast.at).state == "read"
    seen = access_document(cast.actor(cast.applicant), document.id)
    assert get_preview(seen, 200).startswith(b"RIFF")
