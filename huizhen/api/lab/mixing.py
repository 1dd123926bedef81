"""Mixed tubes made in the laboratory, and who is tested again: because one is not negative, or a tube was given up."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer
from huizhen.api.lab.collecting import Barcode, TubeOut, show_tube
from huizhen.api.operations import reads, writes
from huizhen.api.paging import page
from huizhen.api.schemas import AnyId, In, Limit, Moment, Out
from huizhen.kernel import clock
from huizhen.lab.specimens import access, actions
from huizhen.lab.specimens.rules import POOL_SIZES
from huizhen.people.accounts.requests import actor_of
from huizhen.records.patients.rules import mask_phone

router = Router()


class PoolIn(In):
    """Single tubes, received and not tested, of the same test; `barcode` is the new label of the mixed tube. An error
    about `tubes.3` is about the third one named."""

    barcode: Barcode
    capacity: Annotated[int, Field(ge=1, le=max(POOL_SIZES), description="5, 10 or 20")]
    tubes: Annotated[list[Barcode], Field(min_length=1, max_length=max(POOL_SIZES))]


class RetestOut(Out):
    """A person who is tested again. `reason`: `retest`: the mixed tube `because_of` was not negative; `given_up`: the
    tube `because_of` was given up, and `why`. `own_tube`: the person's own tube that stands at the laboratory and is
    tested; empty: the person has to come again. `site`: where the person was."""

    id: AnyId
    patient_id: AnyId
    name: str
    phone: str
    panel: str = Field(examples=["NCOV"])
    reason: Literal["retest", "given_up"]
    because_of: str
    why: str
    own_tube: str
    site: str
    ordered_at: Moment


class RetestPage(Out):
    """Part of the list, the longest waiting first."""

    items: list[RetestOut]
    next: str | None


@writes(router, "POST", "/pools", TubeOut, status=201)
def mix_tubes(request: HttpRequest, wanted: PoolIn) -> HttpResponse:
    """Mix single tubes of your laboratory into a new one; its orders go to the instruments. Mixed again with the same
    tubes and barcode, it is the same mixed tube."""
    actor = actor_of(request)
    actions.mix_tubes(
        access.access_mixing(actor), barcode=wanted.barcode, tubes=wanted.tubes, capacity=wanted.capacity, actor=actor,
        at=clock.now(),
    )  # fmt: skip
    return answer(show_tube(access.access_milestones(actor, wanted.barcode)), status=201)


@reads(router, "/retests", RetestPage)
def list_retests(request: HttpRequest, after: UUID | None = None, limit: Limit = 50) -> HttpResponse:
    """List who is tested again, of your sites and laboratories; noted in the audit for each person."""
    orders, last = access.access_retests(actor_of(request), after=after, limit=limit)
    return answer(page(request, [_retest(order) for order in orders], last))


def _retest(order: Any) -> dict[str, Any]:
    who = order.patient
    return {
        "id": order.id, "patient_id": who.id, "name": who.name, "phone": mask_phone(who.phone) if who.phone else "",
        "panel": order.panel.code, "reason": order.reason,
        "because_of": order.because_of.barcode, "why": order.because_of.void_reason or "",
        "own_tube": order.fulfilled_by.barcode if order.fulfilled_by else "", "site": order.place,
        "ordered_at": order.ordered_at,
    }  # fmt: skip
