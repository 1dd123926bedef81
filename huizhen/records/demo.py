"""The demonstration's patients, with images and documents. All are invented: their identity numbers carry a county
code (9999) that was never given out, so that no number can be a real person's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from huizhen.kernel import files
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.ids import check_character, new_id
from huizhen.people.accounts.models import Account
from huizhen.people.accounts.queries import get_actor, get_patient_by_phone
from huizhen.people.organisations.models import Organisation
from huizhen.records.acting import day_of
from huizhen.records.documents.actions import add_document, straighten_document
from huizhen.records.documents.models import Document
from huizhen.records.documents.queries import get_picture_file
from huizhen.records.documents.samples import ecg_picture
from huizhen.records.imaging.actions import run_import, start_import
from huizhen.records.imaging.models import ImagingStudy
from huizhen.records.imaging.samples import ChestCT, Person, chest_ct, pack
from huizhen.records.medicines.actions import add_medicine, correct_medicine
from huizhen.records.medicines.models import Medicine
from huizhen.records.patients.actions import add_guardian, link_account, register_patient
from huizhen.records.patients.models import Guardian, Patient
from huizhen.records.patients.queries import get_by_identity
from huizhen.records.transcripts.actions import keep
from huizhen.records.transcripts.fakes import SheetReader
from huizhen.records.transcripts.models import Transcript
from huizhen.records.transcripts.samples import SHEETS, draw_sheet, photograph, to_jpeg

COUNTY = "429999"
HOSPITAL, CLINIC, DOCTOR = "QS-1-MED", "QS-B", "zhou.lan"


@dataclass(frozen=True)
class Sample:
    """One invented patient; `order` is the serial in the identity number, odd for men."""

    name: str
    birth_on: date
    sex: str
    order: int
    phone: str
    guardian_phone: str = ""

    def number(self) -> str:
        """A valid identity number of nobody."""
        body = f"{COUNTY}{self.birth_on:%Y%m%d}{self.order:03d}"
        return body + check_character(body)


PATIENTS = (
    Sample("王秀英", date(1956, 8, 21), "female", 2, "+8613800001001", "+8613800001002"),
    Sample("赵德福", date(1949, 2, 3), "male", 1, "+8613800001003"),
    Sample("陈小满", date(1987, 5, 20), "female", 4, ""),
)


def load(at: datetime) -> Iterator[str]:
    """Make what is missing; a second run changes nothing. Works on the people that `people.demo` made."""
    place = Organisation.objects.get(code=HOSPITAL)
    doctor = get_actor(Account.objects.get(username=DOCTOR))
    made = [load_patient(sample, place.id, at) for sample in PATIENTS]
    load_ct(made[0], doctor, at)
    load_ecg(made[1], doctor, at)
    load_report(made[0], doctor, at)
    load_medicines(made[0], doctor, at)
    register_again(PATIENTS[0], at)
    yield f"patients at {place.name}: {', '.join(sample.name for sample in PATIENTS)}"


def load_patient(sample: Sample, organisation_id: UUID, at: datetime) -> Patient:
    """One patient with log-in and guardian."""
    patient = get_by_identity("resident", sample.number()) or register_patient(
        organisation_id=organisation_id,
        name=sample.name,
        identity_kind="resident",
        identity_number=sample.number(),
        sex=sample.sex,
        birth_on=sample.birth_on,
        phone=sample.phone,
        actor=SYSTEM,
        at=at,
    )
    own = get_patient_by_phone(sample.phone) if sample.phone else None
    if own is not None:
        link_account(patient, own.pk, actor=SYSTEM, at=at)
    relative = get_patient_by_phone(sample.guardian_phone) if sample.guardian_phone else None
    if relative is not None and not Guardian.objects.filter(patient=patient, account=relative, until=None).exists():
        add_guardian(patient, relative.pk, "child", actor=SYSTEM, at=at)
    return patient


def register_again(sample: Sample, at: datetime) -> None:
    """The same person once more, at the village clinic and without a card: to be found and joined by deng.hong."""
    clinic = Organisation.objects.get(code=CLINIC)
    if not Patient.objects.filter(organisation=clinic, birth_on=sample.birth_on).exists():
        register_patient(
            organisation_id=clinic.id,
            name=sample.name,
            identity_kind="none",
            identity_number="",
            sex=sample.sex,
            birth_on=sample.birth_on,
            phone=sample.phone,
            actor=SYSTEM,
            at=at,
        )


def load_ct(patient: Patient, doctor: Actor, at: datetime) -> None:
    """A synthetic chest CT with a nodule, imported as a doctor would."""
    if ImagingStudy.objects.filter(patient=patient).exists():
        return
    taken_on = day_of(at) - timedelta(days=2)
    study = ChestCT(Person(patient.name, "DEMO-1", patient.birth_on, patient.sex), taken_on)
    upload = files.store("chest-ct.zip", pack(chest_ct(study)), actor=doctor, at=at, purpose="imaging")
    run_import(start_import(patient, [upload.id], actor=doctor, at=at).id, at=at)


def load_report(patient: Patient, doctor: Actor, at: datetime) -> None:
    """A laboratory report as a phone saw it from one side, set straight, read and waiting to be checked."""
    if Document.objects.filter(patient=patient).exists():
        return
    sheet = SHEETS[0]
    photo = to_jpeg(photograph(draw_sheet(sheet), "aside"))
    upload = files.store("blood-count.jpg", photo, actor=doctor, at=at, purpose="document")
    document = add_document(
        patient,
        file_id=upload.id,
        kind="lab_report",
        title="血常规（合成数据）",
        taken_on=day_of(at) - timedelta(days=1),
        actor=doctor,
        at=at,
    )
    straighten_document(document.id, at=at)
    _, straight = get_picture_file(document)
    transcript, _ = Transcript.objects.get_or_create(document=document, defaults={"asked_at": at})
    keep(transcript, SheetReader(sheet).read(photo, "image/jpeg"), at, straight=straight)


def load_medicines(patient: Patient, doctor: Actor, at: datetime) -> None:
    """What she takes; the dose of one was corrected after a look at the box."""
    if Medicine.objects.filter(patient=patient).exists():
        return
    taken: list[tuple[int, dict[str, Any]]] = [
        (900, {"name": "苯磺酸氨氯地平片 5 mg", "dose": "1 片", "frequency": "每日一次", "source": "患者自述"}),
        (14, {"name": "阿莫西林胶囊 0.25 g", "dose": "2 粒", "frequency": "每日三次", "status": "completed"}),
    ]
    first, _ = [
        add_medicine(
            patient, key=new_id(), route="口服", starts_on=day_of(at) - timedelta(days=days), actor=doctor,
            at=at - timedelta(hours=2), **said,
        )
        for days, said in taken
    ]  # fmt: skip
    correct_medicine(first, {"dose": "半片"}, reason="家属带来药盒，按医嘱核对", version=0, actor=doctor, at=at)


def load_ecg(patient: Patient, doctor: Actor, at: datetime) -> None:
    """A synthetic ECG as a picture."""
    if Document.objects.filter(patient=patient).exists():
        return
    upload = files.store("ecg.png", ecg_picture(), actor=doctor, at=at, purpose="document")
    taken_on = day_of(at) - timedelta(days=3)
    add_document(
        patient,
        file_id=upload.id,
        kind="ecg",
        title="心电图 II 导联（合成数据）",
        taken_on=taken_on,
        actor=doctor,
        at=at,
    )
