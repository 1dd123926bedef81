"""The duty list of doctors for urgent consultations, and the rings they answer."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import AwareDatetime, Field

from huizhen.api.answers import answer, nothing, versioned
from huizhen.api.consult.joint.schemas import ReceiptOut, show_receipt
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Moment, Out, Reference
from huizhen.consult.duty import actions
from huizhen.consult.duty.access import SEE, list_centres
from huizhen.consult.duty.queries import list_ringing, list_shifts
from huizhen.kernel import clock
from huizhen.kernel.access import NotAllowed
from huizhen.people.accounts.requests import actor_of

router = Router()


class DutyShiftIn(In):
    """A doctor on duty. `place` 1 is rung first; after `patience` minutes without an answer, the next."""

    centre_id: UUID
    account_id: UUID
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    place: int = Field(default=1, ge=1, le=9)
    patience: int = Field(default=5, ge=1, le=60)


class DutyShiftOut(Out):
    """A shift that stands."""

    id: AnyId
    centre_id: AnyId
    account: Reference
    starts_at: Moment
    ends_at: Moment
    place: int
    patience: int


class RingOut(Out):
    """A ring that waits for your answer; at `next_at` the next doctor is rung."""

    id: AnyId
    case_id: AnyId
    case_number: str
    state: Literal["ringing", "taken", "passed", "ended"]
    rung_at: Moment
    next_at: Moment


@reads(router, "/duty/shifts", list[DutyShiftOut])
def list_duty_shifts(request: HttpRequest) -> HttpResponse:
    """List the shifts of your centres that are not over."""
    centres = list_centres(actor_of(request))
    if not centres:
        raise NotAllowed(SEE)
    return answer([_show_shift(one) for one in list_shifts(centres, since=clock.now())])


@writes(router, "POST", "/duty/shifts", DutyShiftOut, status=201)
def add_shift(request: HttpRequest, shift: DutyShiftIn) -> HttpResponse:
    """Put a doctor on duty."""
    made = actions.add_shift(**shift.model_dump(), actor=actor_of(request), at=clock.now())
    return answer(_show_shift(made), status=201)


@writes(router, "DELETE", "/duty/shifts/{uuid:shift_id}", None, status=204)
def cancel_shift(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """Take a shift off the roster."""
    actions.cancel_shift(shift_id, actor=actor_of(request), at=clock.now())
    return nothing()


@reads(router, "/duty/rings", list[RingOut])
def list_rings(request: HttpRequest) -> HttpResponse:
    """List the rings that wait for your answer."""
    return answer(
        [
            {
                "id": one.id, "case_id": one.case_id, "case_number": one.case.number, "state": str(one.state),
                "rung_at": one.rung_at, "next_at": one.next_at,
            }
            for one in list_ringing(actor_of(request).account)
        ]
    )  # fmt: skip


@writes(router, "POST", "/duty/rings/{uuid:ring_id}/take", ReceiptOut)
def take_ring(request: HttpRequest, ring_id: UUID) -> HttpResponse:
    """Take the case you are rung for; you see it from now on."""
    case = actions.take(actor_of(request), ring_id, at=clock.now())
    return versioned(request, show_receipt(case), case.version)


@writes(router, "POST", "/duty/rings/{uuid:ring_id}/pass", None, status=204)
def pass_ring(request: HttpRequest, ring_id: UUID) -> HttpResponse:
    """Say that you cannot now; the next one is rung at once."""
    actions.pass_on(actor_of(request), ring_id, at=clock.now())
    return nothing()


def _show_shift(row: Any) -> dict[str, Any]:
    plain = ("id", "centre_id", "starts_at", "ends_at", "place", "patience")
    return {name: getattr(row, name) for name in plain} | {"account": {"id": row.account_id, "name": str(row.account)}}
