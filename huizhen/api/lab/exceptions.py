"""Exceptions of the laboratory: the open ones, and their repair."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field, StringConstraints

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Line, Moment, Out
from huizhen.kernel import clock
from huizhen.lab.exceptions import access, actions, queries
from huizhen.lab.exceptions.flow import CONFIRM, WORK
from huizhen.lab.exceptions.rules import CONFIRMED_BY_SECOND, REPAIRS
from huizhen.people.accounts.requests import actor_of

MOVES = {"solve": WORK, "dismiss": WORK, "refuse": CONFIRM}

router = Router()


class TroubleOut(Out):
    """One exception. `repair`: `new_barcode`, `rebind` and `merge` are proposed by one and confirmed by another person,
    `make_visible` is made at once; empty where only people can put it right."""

    id: AnyId
    number: str
    kind: str = Field(examples=["barcode_unknown"])
    says: str
    state: str
    barcode: str
    site: str
    laboratory_id: AnyId
    count: int
    repair: str
    proposed_barcode: str
    found_at: Moment
    due_at: datetime | None
    closed_at: datetime | None


class ProposalIn(In):
    """What the repair needs: a barcode, or of two records the one that remains and how you know that they are one
    person's."""

    barcode: Annotated[Line, StringConstraints(max_length=40)] = ""
    survivor: UUID | None = None
    note: Annotated[Line, StringConstraints(max_length=500)] = ""


class TroubleMoveIn(In):
    """`solve` and `dismiss` close it, `refuse` turns a proposed repair down; always with a reason."""

    name: Literal["solve", "dismiss", "refuse"]
    reason: Annotated[Line, StringConstraints(min_length=1)]


class AskableOut(Out):
    """An instrument that can be asked. `means`: `question` changes nothing there, `orders` runs the test again."""

    id: AnyId
    name: str
    means: Literal["question", "orders"]


class AskedAgainOut(Out):
    """One question to an instrument. `why` it was given up: `no_line`, `not_taken`, `no_answer`, `nothing_there`,
    `no_orders`; `same_again`: it answered with what is here already."""

    id: AnyId
    specimen: str
    instrument_id: AnyId
    state: Literal["waiting", "sending", "asked", "answered", "expired"]
    why: str
    asked_at: Moment
    ended_at: datetime | None


class AskingAgainOut(Out):
    """Who can be asked for which specimens, and what was asked. Without `instruments` somebody has to go there."""

    instruments: list[AskableOut]
    specimens: list[str]
    questions: list[AskedAgainOut]


class AskAgainIn(In):
    """`barcode`: of a tube whose label somebody has read, where the messages do not say whose results they hold.
    `is_safe`: enough specimen is left, looked at; asked for where `means` is `orders`."""

    instrument_id: UUID
    barcode: Annotated[Line, StringConstraints(max_length=40)] = ""
    is_safe: bool = False


class UndoingIn(In):
    """Why they are two people after all."""

    reason: Annotated[Line, StringConstraints(min_length=1, max_length=500)]


@reads(router, "/exceptions", list[TroubleOut])
def list_exceptions(request: HttpRequest, kind: str = "") -> HttpResponse:
    """List open exceptions of your laboratories and sites, due first, at most 200."""
    places = access.access_troubles(actor_of(request))
    rows = queries.list_open(laboratory_ids=places.laboratories, organisation_ids=places.organisations, kind=kind)
    return answer([_show(row) for row in rows])


@reads(router, "/exceptions/{uuid:case_id}", TroubleOut)
def get_exception(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Read one exception of your laboratory."""
    return answer(_show(access.access_trouble(actor_of(request), case_id)))


@writes(router, "POST", "/exceptions/{uuid:case_id}/proposal", TroubleOut)
def propose_repair(request: HttpRequest, case_id: UUID, wanted: ProposalIn) -> HttpResponse:
    """Propose a repair; somebody else confirms it."""
    trouble = access.access_trouble(actor_of(request), case_id, to=WORK)
    actions.propose_repair(
        trouble, barcode=wanted.barcode, survivor=wanted.survivor, note=wanted.note, actor=actor_of(request),
        at=clock.now(),
    )  # fmt: skip
    return _again(request, case_id)


@writes(router, "POST", "/exceptions/{uuid:case_id}/confirmation", TroubleOut)
def confirm_repair(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Confirm somebody else's proposal; then it is made."""
    trouble = access.access_trouble(actor_of(request), case_id, to=CONFIRM)
    actions.confirm_repair(trouble, actor=actor_of(request), at=clock.now())
    return _again(request, case_id)


@writes(router, "POST", "/exceptions/{uuid:case_id}/repair", TroubleOut)
def repair_now(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Make a repair that nobody need confirm."""
    trouble = access.access_trouble(actor_of(request), case_id, to=WORK)
    actions.repair_now(trouble, actor=actor_of(request), at=clock.now())
    return _again(request, case_id)


@writes(router, "POST", "/exceptions/{uuid:case_id}/moves", TroubleOut)
def move_exception(request: HttpRequest, case_id: UUID, wanted: TroubleMoveIn) -> HttpResponse:
    """Close an exception by hand, or turn a proposed repair down."""
    trouble = access.access_trouble(actor_of(request), case_id, to=MOVES[wanted.name])
    actions.make_move(trouble, wanted.name, reason=wanted.reason, actor=actor_of(request), at=clock.now())
    return _again(request, case_id)


@reads(router, "/exceptions/{uuid:case_id}/questions", AskingAgainOut)
def get_asking(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Read which instruments can be asked for the results once more, and what became of earlier questions."""
    return answer(_show_asking(access.access_trouble(actor_of(request), case_id)))


@writes(router, "POST", "/exceptions/{uuid:case_id}/questions", AskingAgainOut)
def ask_instrument(request: HttpRequest, case_id: UUID, wanted: AskAgainIn) -> HttpResponse:
    """Ask an instrument for the results once more; one question at a time for a specimen. The case closes by itself
    when they are there."""
    trouble = access.access_trouble(actor_of(request), case_id, to=WORK)
    actions.ask_instrument(
        trouble, wanted.instrument_id, barcode=wanted.barcode, is_safe=wanted.is_safe, actor=actor_of(request),
        at=clock.now(),
    )  # fmt: skip
    return answer(_show_asking(trouble))


@writes(router, "POST", "/exceptions/{uuid:case_id}/split", TroubleOut)
def undo_merge(request: HttpRequest, case_id: UUID, wanted: UndoingIn) -> HttpResponse:
    """Take two records apart again that this repair has joined. What it had ended is open again, as a new case."""
    trouble = access.access_trouble(actor_of(request), case_id, to=CONFIRM)
    actions.undo_merge(trouble, reason=wanted.reason, actor=actor_of(request), at=clock.now())
    return _again(request, case_id)


def _show_asking(trouble: Any) -> dict[str, Any]:
    at = clock.now()
    return {
        "instruments": [
            {"id": one.id, "name": one.name, "means": one.means} for one in queries.list_instruments(trouble)
        ],
        "specimens": queries.list_specimens(trouble, at),
        "questions": [
            {
                "id": one.id, "specimen": one.specimen, "instrument_id": one.instrument_id, "state": one.state,
                "why": one.why, "asked_at": one.asked_at, "ended_at": one.ended_at,
            }
            for one in queries.list_asked(trouble, at)
        ],
    }  # fmt: skip


def _again(request: HttpRequest, case_id: UUID) -> HttpResponse:
    return answer(_show(access.access_trouble(actor_of(request), case_id)))


def _show(row: Any) -> dict[str, Any]:
    repair = REPAIRS.get(row.kind, "")
    proposed = row.repair.get("barcode", "") if row.repair and repair in CONFIRMED_BY_SECOND else ""
    return {
        "id": row.case_id, "number": row.case.number, "kind": row.kind, "says": str(row.get_kind_display()),
        "state": row.case.state, "barcode": row.barcode, "site": row.site.name if row.site else "",
        "laboratory_id": row.laboratory_id, "count": row.count, "repair": repair, "proposed_barcode": proposed,
        "found_at": row.found_at, "due_at": row.case.due_at, "closed_at": row.closed_at,
    }  # fmt: skip
