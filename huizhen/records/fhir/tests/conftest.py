"""A patient with a document, a confirmed table and a CT, at a hospital."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from huizhen.kernel import files
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_account, make_organisation
from huizhen.records.documents.actions import add_document
from huizhen.records.documents.samples import ecg_picture
from huizhen.records.imaging.actions import run_import, start_import
from huizhen.records.tests.actors import staff
from huizhen.records.tests.builders import make_ct, make_patient, make_zip
from huizhen.records.transcripts.models import Transcript, TranscriptVersion
from huizhen.records.transcripts.rules import Item

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
ITEMS = (
    Item("白细胞", "5.10", "10^9/L", "3.5-9.5"),
    Item("血红蛋白", "98", "g/L", "115-150", "low"),
    Item("C反应蛋白", "<0.5", "mg/L", "0-10"),
    Item("尿蛋白", "阴性", "", "阴性"),
)


@pytest.fixture
def clock():
    with time_machine.travel(AT, tick=False) as travel:
        yield travel


@pytest.fixture
def doctor(clock):
    return staff("applicant", make_organisation("青山县人民医院"))


@pytest.fixture
def patient(doctor):
    home = Organisation.objects.get(id=doctor.memberships[0].organisation_id)
    made = make_patient(home, name="李秀英", phone="+8613800138000", account=make_account(kind="patient"))
    fill(made, doctor)
    return made


def fill(patient, doctor):
    """A picture, a confirmed laboratory table and a small CT."""
    upload = files.store("ecg.png", ecg_picture(), actor=doctor, at=AT, purpose="document")
    paper = add_document(patient, file_id=upload.id, kind="lab_report", title="血常规", taken_on=date(2026, 3, 1),
                         actor=doctor, at=AT)  # fmt: skip
    transcript = Transcript.objects.create(
        document=paper, state="confirmed", version=1, asked_at=AT, confirmed_at=AT, confirmed_by_id=doctor.account_id
    )
    TranscriptVersion.objects.create(
        transcript=transcript, number=1, items=[one.kept() for one in ITEMS], by_id=doctor.account_id, at=AT
    )
    images = files.store("ct.zip", make_zip(make_ct(slices=2)), actor=doctor, at=AT, purpose="imaging")
    run_import(start_import(patient, [images.id], actor=doctor, at=AT).id, at=AT)
