"""Medicines of a patient: listed, written down, corrected with what stood there kept."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Line, Moment, Out
from huizhen.kernel import clock, ids
from huizhen.people.accounts.requests import actor_of
from huizhen.records.medicines import actions
from huizhen.records.medicines.access import access_medicine
from huizhen.records.medicines.access import list_medicines as list_readable
from huizhen.records.medicines.queries import list_corrections
from huizhen.records.patients.access import access_patient

Status = Literal["active", "on-hold", "completed", "stopped", "unknown", "entered-in-error"]

router = Router()


class MedicineIn(In):
    """A medicine in words; `status` as in FHIR R4. `source`: who says so, where that is not you."""

    name: Line = Field(min_length=1, examples=["苯磺酸氨氯地平片 5 mg"])
    dose: Line = Field("", examples=["5 mg"])
    route: Line = Field("", examples=["口服"])
    frequency: Line = Field("", examples=["每日一次"])
    status: Status = "active"
    starts_on: date | None = None
    ends_on: date | None = None
    source: Line = Field("", examples=["云岭县人民医院"])


class CorrectionIn(MedicineIn):
    """The whole medicine as it should stand, why, and the `version` it was read in."""

    reason: str = Field(min_length=1, max_length=500)
    version: int = Field(ge=0)


class CorrectionOut(Out):
    """One value that was corrected."""

    field: str
    before: str
    after: str
    reason: str
    by: str
    at: Moment


class MedicineOut(Out):
    """A medicine; `version` counts its corrections."""

    id: AnyId
    name: str
    dose: str
    route: str
    frequency: str
    status: Status
    starts_on: date | None
    ends_on: date | None
    source: str
    version: int
    recorded_by: str
    recorded_at: Moment


class MedicineWhole(MedicineOut):
    """A medicine with what was corrected, the latest first."""

    corrections: list[CorrectionOut]


@reads(router, "/patients/{uuid:patient_id}/medicines", list[MedicineOut])
def list_medicines(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """List the medicines you may read, those taken now first."""
    patient = access_patient(actor_of(request), patient_id)
    return answer([_show(one) for one in list_readable(actor_of(request), patient)])


@writes(router, "POST", "/patients/{uuid:patient_id}/medicines", MedicineOut, status=201)
def add_medicine(request: HttpRequest, patient_id: UUID, medicine: MedicineIn) -> HttpResponse:
    """Write a medicine into the record."""
    patient = access_patient(actor_of(request), patient_id, to="add")
    made = actions.add_medicine(
        patient, key=ids.new_id(), actor=actor_of(request), at=clock.now(), **medicine.model_dump()
    )
    return answer(_show(made), status=201)


@reads(router, "/medicines/{uuid:medicine_id}", MedicineWhole)
def get_medicine(request: HttpRequest, medicine_id: UUID) -> HttpResponse:
    """Read one medicine with what was corrected about it."""
    return answer(_whole(access_medicine(actor_of(request), medicine_id)))


@writes(router, "POST", "/medicines/{uuid:medicine_id}/corrections", MedicineWhole, status=201)
def correct_medicine(request: HttpRequest, medicine_id: UUID, correction: CorrectionIn) -> HttpResponse:
    """Correct a medicine; what stood there is kept. `entered-in-error` takes it out of every list."""
    found = access_medicine(actor_of(request), medicine_id, to="correct")
    said = correction.model_dump(exclude={"reason", "version"})
    made = actions.correct_medicine(
        found, said, reason=correction.reason, version=correction.version, actor=actor_of(request), at=clock.now()
    )
    return answer(_whole(made), status=201)


def _show(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "name": row.name, "dose": row.dose, "route": row.route, "frequency": row.frequency,
        "status": row.status, "starts_on": row.starts_on, "ends_on": row.ends_on, "source": row.source,
        "version": row.version, "recorded_by": row.recorded_by.name, "recorded_at": row.recorded_at,
    }  # fmt: skip


def _whole(row: Any) -> dict[str, Any]:
    corrections = [
        {
            "field": one.field, "before": one.before, "after": one.after, "reason": one.reason, "by": one.actor.name,
            "at": one.at,
        }
        for one in list_corrections(row)
    ]  # fmt: skip
    return {**_show(row), "corrections": corrections}
