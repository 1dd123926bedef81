"""Referrals to a hospital: the letter written, signed and sent; taken in, refused, answered."""

from typing import Any, Literal
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer, download
from huizhen.api.consult.joint.schemas import ReasonIn
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Line, Moment, Out, Text
from huizhen.consult.referrals import actions, rules
from huizhen.consult.referrals.access import Seen, access_letter, access_received, access_referral
from huizhen.consult.referrals.flow import RECEIVE
from huizhen.consult.referrals.letter.wording import say_source
from huizhen.consult.referrals.queries import find_doctor, get_consent, list_doctors, list_written
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import actor_of
from huizhen.people.organisations.queries import get_full_name

State = Literal[
    "draft", "sent", "accepted", "arrived", "answered", "refused", "missed", "withdrawn", "unanswered"
]  # fmt: skip
Course = Literal["better", "same", "worse", "died", "unknown"]
Words = Field(default="", max_length=rules.LONGEST)

router = Router()


class ReferralIn(In):
    """From which consultation (its case), and to which hospital or department."""

    consultation_id: UUID
    target_id: UUID
    urgency: Literal["normal", "urgent"] = "normal"


class LetterIn(In):
    """The letter's words by piece; a piece left out stays as it is. `target_id`: another place to send it to."""

    question: Text | None = Field(default=None, max_length=rules.LONGEST)
    course: Text | None = Field(default=None, max_length=rules.LONGEST)
    findings: Text | None = Field(default=None, max_length=rules.LONGEST)
    opinion: Text | None = Field(default=None, max_length=rules.LONGEST)
    advice: Text | None = Field(default=None, max_length=rules.LONGEST)
    medicines: Text | None = Field(default=None, max_length=rules.LONGEST)
    note: Text | None = Field(default=None, max_length=rules.LONGEST)
    pictures: bool = True
    target_id: UUID | None = None


class ConsentIn(In):
    """The patient's signed form as a finished upload; patients and guardians agree themselves and send none."""

    paper_file_id: UUID | None = None


class AppointmentIn(In):
    """When and where the patient is to come. `reason` is a must where an appointment is moved."""

    appointment_at: Moment
    place: Line = Field(min_length=1)
    reason: Text = Field(default="", max_length=2000)


class HospitalAnswerIn(In):
    """What was found and done. `diagnosis_held`: whether the consultation's diagnosis proved right; null: not known."""

    course: Course
    diagnosis_held: bool | None = None
    words: Text = Field(min_length=1, max_length=rules.LONGEST)


class DoctorIn(In):
    """Which doctor of the hospital is to see the patient."""

    account_id: UUID


class DoctorOut(Out):
    """A doctor of the receiving hospital."""

    account_id: AnyId
    name: str
    place: str


class PieceOut(Out):
    """One piece of the letter, with where its words come from."""

    key: str
    text: str
    source: str


class ReferralRowOut(Out):
    """One referral as a list shows it: nothing of the record."""

    case_id: AnyId
    number: str = Field(examples=["R-0007-3311-K"])
    state: State
    urgency: Literal["normal", "urgent"]
    target_id: AnyId
    target: str
    due_at: Moment | None
    version: int


class ReferralOut(ReferralRowOut):
    """One referral. `open`: whether you may read letter and material; else `pieces`, place and outcome are empty."""

    consultation_id: AnyId
    patient_id: AnyId
    doctor: str
    open: bool
    consented: bool
    pieces: list[PieceOut]
    signed_at: Moment | None
    code: str
    digest: str
    appointment_at: Moment | None
    appointment_place: str
    course: Literal["", "better", "same", "worse", "died", "unknown"]
    diagnosis_held: bool | None
    outcome: str
    outcome_at: Moment | None


@reads(router, "", list[ReferralRowOut])
def list_referrals(request: HttpRequest, box: Literal["received", "written"] = "received") -> HttpResponse:
    """List what was sent to your hospital and is open, due first; or what you wrote."""
    actor = actor_of(request)
    return answer([_row(one) for one in (access_received(actor) if box == "received" else list_written(actor.account))])


@writes(router, "POST", "", ReferralOut, status=201)
def begin_referral(request: HttpRequest, wanted: ReferralIn) -> HttpResponse:
    """Begin a referral; its letter is filled from the consultation. While one is on its way, that one is given."""
    made = actions.begin(
        actor_of(request), wanted.consultation_id, target_id=wanted.target_id, urgency=wanted.urgency, at=clock.now()
    )
    return _now(request, made.case_id, status=201)


@reads(router, "/{uuid:referral_id}", ReferralOut)
def get_one_referral(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Read one referral."""
    return _now(request, referral_id)


@writes(router, "PATCH", "/{uuid:referral_id}/letter", ReferralOut)
def save_letter(request: HttpRequest, referral_id: UUID, letter: LetterIn) -> HttpResponse:
    """Keep the letter's words while it is not signed."""
    texts = {key: text for key in rules.PIECES if (text := getattr(letter, key)) is not None}
    actions.save_letter(
        actor_of(request), referral_id, texts, pictures=letter.pictures, target_id=letter.target_id, at=clock.now()
    )
    return _now(request, referral_id)


@reads(router, "/{uuid:referral_id}/letter.pdf", None)
def download_letter(request: HttpRequest, referral_id: UUID) -> FileResponse:
    """Download the signed letter."""
    found = access_letter(actor_of(request), referral_id)
    if found.file is None:
        raise NotVisible(referral_id)
    return download(found.file)


@writes(router, "POST", "/{uuid:referral_id}/consent", ReferralOut)
def agree(request: HttpRequest, referral_id: UUID, given: ConsentIn) -> HttpResponse:
    """Agree that the other hospital reads letter and material, for this referral only."""
    actions.agree(actor_of(request), referral_id, paper_file_id=given.paper_file_id, at=clock.now())
    return _now(request, referral_id)


@writes(router, "POST", "/{uuid:referral_id}/signature", ReferralOut)
def sign_letter(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Sign the letter; it is sent in a moment."""
    actions.sign_letter(actor_of(request), referral_id, at=clock.now())
    return _now(request, referral_id)


@writes(router, "POST", "/{uuid:referral_id}/acceptance", ReferralOut)
def accept(request: HttpRequest, referral_id: UUID, wanted: AppointmentIn) -> HttpResponse:
    """Take the patient in, with an appointment."""
    actions.accept(
        actor_of(request), referral_id, appointment_at=wanted.appointment_at, place=wanted.place, at=clock.now()
    )
    return _now(request, referral_id)


@reads(router, "/{uuid:referral_id}/doctors", list[DoctorOut])
def list_receiving_doctors(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """List the doctors of your hospital who may be named."""
    seen = access_referral(actor_of(request), referral_id, to=RECEIVE)
    return answer([
        {"account_id": one.account_id, "name": one.name, "place": get_full_name(one.organisation_id)}
        for one in list_doctors(seen.referral)
    ])  # fmt: skip


@writes(router, "PUT", "/{uuid:referral_id}/doctor", ReferralOut)
def name_doctor(request: HttpRequest, referral_id: UUID, wanted: DoctorIn) -> HttpResponse:
    """Name the doctor who sees the patient, and reads letter and material until the referral ends."""
    actions.name_doctor(actor_of(request), referral_id, doctor_id=wanted.account_id, at=clock.now())
    return _now(request, referral_id)


@writes(router, "PUT", "/{uuid:referral_id}/appointment", ReferralOut)
def move_appointment(request: HttpRequest, referral_id: UUID, wanted: AppointmentIn) -> HttpResponse:
    """Move the appointment, with a reason."""
    actions.reschedule(actor_of(request), referral_id, **wanted.model_dump(), at=clock.now())
    return _now(request, referral_id)


@writes(router, "POST", "/{uuid:referral_id}/refusal", ReferralOut)
def refuse(request: HttpRequest, referral_id: UUID, wanted: ReasonIn) -> HttpResponse:
    """Not take the patient in; letter and material close for your hospital."""
    actions.refuse(actor_of(request), referral_id, reason=wanted.reason, at=clock.now())
    return _now(request, referral_id)


@writes(router, "POST", "/{uuid:referral_id}/arrival", ReferralOut)
def record_arrival(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Say that the patient has come."""
    actions.record_arrival(actor_of(request), referral_id, at=clock.now())
    return _now(request, referral_id)


@writes(router, "POST", "/{uuid:referral_id}/absence", ReferralOut)
def record_absence(request: HttpRequest, referral_id: UUID, wanted: ReasonIn) -> HttpResponse:
    """Say that the patient did not come, which ends the referral."""
    actions.record_absence(actor_of(request), referral_id, reason=wanted.reason, at=clock.now())
    return _now(request, referral_id)


@writes(router, "POST", "/{uuid:referral_id}/answer", ReferralOut)
def report_back(request: HttpRequest, referral_id: UUID, wanted: HospitalAnswerIn) -> HttpResponse:
    """Write back what was found and done; the experts are told."""
    actions.report_back(actor_of(request), referral_id, **wanted.model_dump(), at=clock.now())
    return _now(request, referral_id)


@writes(router, "POST", "/{uuid:referral_id}/withdrawal", ReferralOut)
def withdraw(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Call the referral off; for the doctor, the patient and the family."""
    actions.withdraw(actor_of(request), referral_id, at=clock.now())
    return _now(request, referral_id)


def _now(request: HttpRequest, case_id: UUID, *, status: int = 200) -> HttpResponse:
    return answer(_show(access_referral(actor_of(request), case_id)), status=status)


def _row(one: Any) -> dict[str, Any]:
    case = one.case
    return {
        "case_id": case.id, "number": case.number, "state": case.state, "urgency": case.urgency,
        "target_id": one.target_id, "target": get_full_name(one.target_id), "due_at": case.due_at,
        "version": case.version,
    }  # fmt: skip


def _show(seen: Seen) -> dict[str, Any]:
    one, opens = seen.referral, seen.opens
    pieces, doctor = one.content["pieces"] if opens else (), find_doctor(one.case_id)
    return {
        **_row(one), "consultation_id": one.application.case_id, "patient_id": one.application.patient_id,
        "doctor": doctor.account.name if doctor else "", "open": opens,
        "consented": get_consent(one, at=clock.now()) is not None,
        "pieces": [
            {"key": piece["key"], "text": piece["text"], "source": say_source(piece, edited=rules.is_edited(piece))}
            for piece in pieces
        ],
        "signed_at": one.signed_at, "code": one.code if one.signed_at else "", "digest": one.digest,
        "appointment_at": one.appointment_at, "appointment_place": one.appointment_place if opens else "",
        "course": one.course if opens else "", "diagnosis_held": one.diagnosis_held if opens else None,
        "outcome": one.outcome if opens else "", "outcome_at": one.outcome_at,
    }  # fmt: skip
