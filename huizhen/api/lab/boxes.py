"""Boxes: sealed with a count, handed over, received with a count."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field, StringConstraints

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import In, Line, Moment, Out
from huizhen.kernel import clock
from huizhen.lab.exceptions.actions import look_into_box
from huizhen.lab.specimens import access, actions, queries
from huizhen.lab.specimens.rules import plain_barcode
from huizhen.people.accounts.requests import actor_of

Barcode = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=r"^[^\x00]*$")]
MOST_IN_BOX = 2000
SHOWN = 200

router = Router()


class BoxIn(In):
    """A box as it is closed. With a carrier it leaves at once."""

    site_id: UUID
    code: Barcode = Field(examples=["BOX-0012"])
    barcodes: list[Barcode] = Field(min_length=1, max_length=MOST_IN_BOX)
    carrier: Annotated[Line, StringConstraints(max_length=60)] = ""


class CarrierIn(In):
    """Who takes it away."""

    carrier: Annotated[Line, StringConstraints(min_length=1, max_length=60)]


class ReceiptIn(In):
    """Each tube that was in the box when it was opened."""

    barcodes: list[Barcode] = Field(min_length=1, max_length=MOST_IN_BOX)


class BoxOut(Out):
    """A box. Where `received_count` differs from `sealed_count`, an exception is open."""

    code: str
    site: str
    sealed_at: Moment
    sealed_count: int
    carrier: str
    sent_at: datetime | None
    received_at: datetime | None
    received_count: int | None


@reads(router, "/boxes", list[BoxOut])
def list_boxes(request: HttpRequest, received: bool = False) -> HttpResponse:
    """List boxes on their way to your laboratories, or received there; the latest 200."""
    found = queries.list_boxes(access.access_bench(actor_of(request)), received=received)
    return answer([_show(box) for box in found[:SHOWN]])


@writes(router, "POST", "/boxes", BoxOut, status=201)
def seal_box(request: HttpRequest, wanted: BoxIn) -> HttpResponse:
    """Close a box with tubes of a site; sealed again with the same tubes it is the same box."""
    actor = actor_of(request)
    site = access.access_site(actor, wanted.site_id)
    box = actions.seal_box(
        site, code=wanted.code, barcodes=wanted.barcodes, carrier=wanted.carrier, actor=actor, at=clock.now()
    )
    return answer(_show(box), status=201)


@writes(router, "POST", "/boxes/{box_code}/handover", BoxOut)
def hand_over_box(request: HttpRequest, box_code: str, wanted: CarrierIn) -> HttpResponse:
    """Note who takes the box away."""
    box = access.access_box(actor_of(request), plain_barcode(box_code), to=access.COLLECT)
    return answer(_show(actions.hand_over_box(box, carrier=wanted.carrier, actor=actor_of(request), at=clock.now())))


@writes(router, "POST", "/boxes/{box_code}/receipt", BoxOut)
def receive_box(request: HttpRequest, box_code: str, wanted: ReceiptIn) -> HttpResponse:
    """Count a box in."""
    box = access.access_box(actor_of(request), plain_barcode(box_code))
    box = actions.receive_box(box, barcodes=wanted.barcodes, actor=actor_of(request), at=clock.now())
    look_into_box(box.id, at=clock.now())
    return answer(_show(box))


def _show(box: Any) -> dict[str, Any]:
    return {name: getattr(box, name) for name in BoxOut.model_fields} | {"site": box.site.name}
