"""A joint consultation as JSON. Names follow FHIR where it has one; see docs/api.md."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from huizhen.api.schemas import AnyId, In, Line, Moment, Out, Reference, Text
from huizhen.consult.joint.sheets import Sheet
from huizhen.records.patients.rules import SEXES, mask_name

Purpose = Literal["diagnosis", "treatment", "surgery", "second_opinion"]
Urgency = Literal["normal", "urgent"]
State = Literal["submitted", "incomplete", "received", "assigning", "reviewing", "meeting", "drafting", "cosigning",
                "delivered", "answering", "closed", "withdrawn", "referred"]  # fmt: skip
Missing = Literal["question", "summary", "material", "imaging", "other"]
Gender = Literal["male", "female", "other", "unknown"]
assert set(Gender.__args__) == set(SEXES)  # type: ignore[attr-defined] # noqa: S101 - one list, said twice for the schema


class ApplicationIn(In):
    """An application. `consent_file_id`: the signed form, uploaded; a patient or guardian agrees by applying."""

    patient_id: AnyId
    purpose: Purpose
    question: Text = Field(min_length=1, examples=["右肺上叶结节，是否需要手术？"])
    summary: Text = Field(min_length=1, examples=["女，68岁，体检发现右肺上叶磨玻璃结节 12 mm，无发热咳嗽。"])
    specialty: Annotated[str, StringConstraints(max_length=10)] = Field(examples=["03.01"])
    consent_file_id: UUID | None = None
    urgency: Urgency = "normal"
    wants_meeting: bool = False
    document_ids: list[UUID] = Field(default=[], max_length=100)
    study_ids: list[UUID] = Field(default=[], max_length=100)


class ReceiptOut(Out):
    """Where the case stands after a write."""

    id: AnyId
    number: str = Field(examples=["J-0042-1768-X"])
    state: State
    urgency: Urgency
    state_since: Moment
    due_at: datetime | None
    version: int


class PatientBrief(Out):
    """The patient of a consultation. Experts of another hospital read the family name only."""

    id: AnyId
    name: str = Field(examples=["周桂兰"])
    gender: Gender
    birth_date: date


class SpecialtyOut(Out):
    """A medical specialty of the national catalogue."""

    code: str = Field(examples=["03.01"])
    name: str = Field(examples=["呼吸内科专业"])


class ConsultationOut(ReceiptOut):
    """The whole consultation. `my_capacities`: as what you take part in it. Question and summary are empty to an expert
    who has not signed, while no consent of the patient for this consultation is in force."""

    label: str = Field(examples=["专家阅片中"])
    opened_at: Moment
    late_since: datetime | None
    closed_at: datetime | None
    owner: Reference | None
    team: str = Field(examples=["coordinator"])
    organisation_id: AnyId
    purpose: Purpose
    question: str
    summary: str
    wants_meeting: bool
    specialty: SpecialtyOut
    missing: list[str]
    missing_note: str
    applicant: Reference
    patient: PatientBrief
    document_ids: list[UUID]
    study_ids: list[UUID]
    my_capacities: list[str]


class ConsultationLine(ReceiptOut):
    """A consultation in a list: no clinical text, and of the patient's name only its beginning."""

    label: str
    opened_at: Moment
    late_since: datetime | None
    closed_at: datetime | None
    owner: Reference | None
    team: str
    purpose: Purpose
    specialty: SpecialtyOut
    applicant: Reference
    patient_id: AnyId
    patient_name: str = Field(examples=["周＊"])


class ConsultationPage(Out):
    """A page of consultations, due first; `next` is the address of the following one."""

    items: list[ConsultationLine]
    next: str | None


class MoveOut(Out):
    """A step that you may take now. `reason`: one must be given."""

    name: str = Field(examples=["accept_material"])
    label: str = Field(examples=["确认资料齐全"])
    to: str
    needs: list[str]
    reason: bool


class ReasonIn(In):
    """A reason, which is told to those concerned."""

    reason: Line = Field(min_length=1, examples=["专家临时有紧急手术"])


def show_receipt(case: Any) -> dict[str, Any]:
    """A case after a write, as `ReceiptOut`."""
    return {
        "id": case.id,
        "number": case.number,
        "state": case.state,
        "urgency": case.urgency,
        "state_since": case.state_since,
        "due_at": case.due_at,
        "version": case.version,
    }


def show_line(sheet: Sheet, language: str) -> dict[str, Any]:
    """A consultation as `ConsultationLine`."""
    english = language == "en" and sheet.specialty_name_en
    name = sheet.patient_name
    return {
        **show_receipt(sheet),
        "label": sheet.label,
        "opened_at": sheet.opened_at,
        "late_since": sheet.late_since,
        "closed_at": sheet.closed_at,
        "owner": {"id": sheet.owner_id, "name": sheet.owner_name or ""} if sheet.owner_id else None,
        "team": sheet.team,
        "purpose": sheet.purpose,
        "specialty": {
            "code": sheet.specialty,
            "name": sheet.specialty_name_en if english else sheet.specialty_name,
        },
        "applicant": {"id": sheet.applicant_id, "name": sheet.applicant_name},
        "patient_id": sheet.patient_id,
        "patient_name": mask_name(name),
    }


def show(sheet: Sheet, language: str) -> dict[str, Any]:
    """A consultation as `ConsultationOut`."""
    shown, is_open = show_line(sheet, language), sheet.is_asked_open
    del shown["patient_id"], shown["patient_name"]
    return {
        **shown,
        "organisation_id": sheet.organisation_id,
        "question": sheet.question if is_open else "",
        "summary": sheet.summary if is_open else "",
        "wants_meeting": sheet.wants_meeting,
        "missing": sheet.missing,
        "missing_note": sheet.missing_note,
        "patient": {
            "id": sheet.patient_id,
            "name": sheet.shown_name,
            "gender": sheet.patient_sex,
            "birth_date": sheet.patient_birth_on,
        },
        "document_ids": sheet.document_ids,
        "study_ids": sheet.study_ids,
        "my_capacities": sorted(sheet.capacities),
    }
