"""Specialties, and the experts a coordinator may invite."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from huizhen.api.answers import answer
from huizhen.api.consult.joint.schemas import SpecialtyOut
from huizhen.api.operations import reads
from huizhen.api.schemas import AnyId, Line, Number, Out
from huizhen.kernel import clock
from huizhen.kernel.access import NotAllowed
from huizhen.people.accounts.requests import actor_of
from huizhen.people.credentials.queries import list_experts as find_experts
from huizhen.people.credentials.queries import list_specialties as find_specialties

COORDINATORS = frozenset({"coordinator", "team_lead"})

router = Router()


class ExpertOut(Out):
    """An expert; `account_id` is what an invitation names."""

    account_id: AnyId
    name: str
    title: str
    title_label: str
    specialties: list[str]
    subspecialty: str
    organisation_id: UUID
    place: str
    accepting: bool


class ExpertPage(Out):
    """Experts, highest title first; `next_page` is the number of the following page."""

    items: list[ExpertOut]
    total: int
    next_page: int | None


@reads(router, "/specialties", list[SpecialtyOut])
def list_specialties(request: HttpRequest) -> HttpResponse:
    """List the specialties of the catalogue."""
    return answer([{"code": code, "name": name} for code, name in find_specialties()])


@reads(router, "/experts", ExpertPage)
def list_experts(request: HttpRequest, text: Line = "", specialty: Line = "", page: Number = 1) -> HttpResponse:
    """Search experts with a licence in force; for coordinators."""
    if not actor_of(request).roles() & COORDINATORS:
        raise NotAllowed("people:expert:search")
    found = find_experts(on=clock.now().date(), text=text, specialty=specialty, page=min(page, 10_000))
    shown = [{name: getattr(row, name) for name in ExpertOut.model_fields} for row in found.rows]
    return answer({"items": shown, "total": found.total, "next_page": found.next_page})
