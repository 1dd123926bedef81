"""Patients: found by whole numbers and names, registered, read; and who has read a record."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer
from huizhen.api.authentication import limit
from huizhen.api.operations import reads, writes
from huizhen.api.paging import cut, page
from huizhen.api.schemas import AnyId, In, Limit, Line, Moment, Out
from huizhen.kernel import clock
from huizhen.kernel.limits import Limit as Tries
from huizhen.people.accounts.requests import actor_of
from huizhen.records.patients import actions
from huizhen.records.patients.access import access_patient, list_patients
from huizhen.records.patients.naming import Registered, may_name
from huizhen.records.patients.readers import list_readers
from huizhen.records.patients.rules import mask_name, mask_number, mask_phone

Gender = Literal["male", "female", "other", "unknown"]
IdentityKind = Literal["resident", "passport", "hk_macau_permit", "taiwan_permit", "foreign_permit",
                       "birth_certificate", "military", "none"]  # fmt: skip
# Whoever may search could try numbers one after the other; a registration tells whether a number is known.
SEARCHES = Tries("patient search", account=60, address=600)
REGISTRATIONS = Tries("patient registration", account=60, address=600)
LARGEST = 9_223_372_036_854_775_807

router = Router()


class SearchIn(In):
    """What is known of somebody; whole values only, all that is given must fit."""

    name: Line = ""
    identity_number: Line = ""
    phone: Line = ""


class IdentifierIn(In):
    """A document that says who somebody is."""

    kind: IdentityKind = "resident"
    value: Line = Field(default="", examples=["110101195804120028"])


class PatientIn(In):
    """A person to be registered."""

    organisation_id: UUID
    name: Line = Field(examples=["周桂兰"])
    identifier: IdentifierIn
    gender: Gender
    birth_date: date
    phone: Line = ""


class IdentifierOut(Out):
    """A document, its number masked."""

    kind: IdentityKind
    value: str = Field(examples=["110101********0028"])


class PatientOut(Out):
    """A patient; identity number and phone are masked."""

    id: AnyId
    name: str
    identifier: IdentifierOut
    gender: Gender
    birth_date: date
    phone: str
    organisation_id: AnyId
    registered_at: Moment


class ReaderOut(Out):
    """Somebody who used the record. `own`: the patient or a guardian; `reason`: given for an emergency."""

    number: int
    at: Moment
    name: str
    organisation: str
    did: str
    own: bool
    case_id: UUID | None
    reason: str


class ReaderPage(Out):
    """Who used the record, the latest first."""

    items: list[ReaderOut]
    next: str | None


@reads(router, "/patients/search", list[PatientOut], method="POST")
def search_patients(request: HttpRequest, known: SearchIn) -> HttpResponse:
    """Find patients by whole values.

    A POST, because identity numbers do not belong into addresses; it changes nothing.
    """
    limit(request, SEARCHES)
    return answer([_show(patient) for patient in list_patients(actor_of(request), **known.model_dump())])


@writes(router, "POST", "/patients", PatientOut, status=201, limited=REGISTRATIONS)
def register_patient(request: HttpRequest, person: PatientIn) -> HttpResponse:
    """Register a person at an organisation."""
    made = actions.register_patient(
        organisation_id=person.organisation_id, name=person.name, identity_kind=person.identifier.kind,
        identity_number=person.identifier.value, sex=person.gender, birth_on=person.birth_date, phone=person.phone,
        actor=actor_of(request), at=clock.now(),
    )  # fmt: skip
    return answer(_show(made), status=201, Location=f"{request.path}/{made.id}")


@reads(router, "/patients/{uuid:patient_id}", PatientOut)
def get_patient(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Read who a patient is. An expert of another hospital reads the family name, age and sex."""
    patient, actor = access_patient(actor_of(request), patient_id), actor_of(request)
    shown = _show(patient)
    if not may_name(actor, Registered(patient.id, patient.organisation_id), at=clock.now()):
        shown |= {
            "name": mask_name(patient.name),
            "identifier": {"kind": patient.identity_kind, "value": ""},
            "phone": "",
        }
    return answer(shown)


@reads(router, "/patients/{uuid:patient_id}/readers", ReaderPage)
def list_record_readers(
    request: HttpRequest, patient_id: UUID, after: int | None = None, limit: Limit = 50
) -> HttpResponse:
    """List who has read or changed a record; for the patient and guardians."""
    start = None if after is None else max(min(after, LARGEST), 0)
    found = list_readers(actor_of(request), patient_id, after=start, limit=limit + 1)
    rows, last = cut(found, limit)
    shown = [{name: getattr(row, name) for name in ReaderOut.model_fields} for row in rows]
    return answer(page(request, shown, last and last.number))


def _show(patient: Any) -> dict[str, Any]:
    return {
        "id": patient.id,
        "name": patient.name,
        "identifier": {"kind": patient.identity_kind, "value": mask_number(patient.identity_number)},
        "gender": patient.sex,
        "birth_date": patient.birth_on,
        "phone": mask_phone(patient.phone),
        "organisation_id": patient.organisation_id,
        "registered_at": patient.registered_at,
    }
