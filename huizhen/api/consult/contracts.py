"""Contracts between organisations: who may ask whom, how often, at what price."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Moment, Out, Reference
from huizhen.consult.contracts import actions
from huizhen.consult.contracts.access import access_contract, check_see
from huizhen.consult.contracts.queries import count_used, get_contract
from huizhen.consult.contracts.queries import list_contracts as find_contracts
from huizhen.kernel import audit, clock
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import actor_of

MADE = "consult.contract.made"
Fen = Field(ge=0, le=2_147_483_647)

router = Router()


class ContractIn(In):
    """`asking` (with all below it) may ask experts of `answering`. Prices in fen for each expert; no limit: null."""

    asking_id: UUID
    answering_id: UUID
    starts_on: date
    ends_on: date | None = None
    monthly_limit: int | None = Field(default=None, ge=1, le=2_147_483_647)
    fee_fen: int = Fen
    urgent_fee_fen: int = Fen


class ContractOut(Out):
    """A contract, and how much of it was used this month: consultations, and what they cost in fen."""

    id: AnyId
    asking: Reference
    answering: Reference
    starts_on: date
    ends_on: date | None
    monthly_limit: int | None
    fee_fen: int
    urgent_fee_fen: int
    used: int
    spent_fen: int


class ContractChangeOut(Out):
    """One version: since when, whose, and the names of the fields it changed; the first one is `made`."""

    at: Moment
    by: str
    made: bool
    fields: list[str]


@reads(router, "/contracts", list[ContractOut])
def list_contracts(request: HttpRequest) -> HttpResponse:
    """List the contracts, those that still run first; for the centre and for operators."""
    check_see(actor_of(request))
    used = count_used(clock.now())
    return answer([_show(one, used) for one in find_contracts()])


@reads(router, "/contracts/{uuid:contract_id}/changes", list[ContractChangeOut])
def list_contract_changes(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """List what stood in a contract before, the latest change first."""
    check_see(actor_of(request))
    if get_contract(contract_id) is None:
        raise NotVisible(contract_id)
    return answer(
        [
            {
                "at": one.at,
                "by": one.actor_name,
                "made": one.action == MADE,
                "fields": [] if one.action == MADE else [name for name, _before, _after in one.fields],
            }
            for one in audit.list_history(("contract", contract_id))
        ]
    )


@writes(router, "POST", "/contracts", ContractOut, status=201)
def make_contract(request: HttpRequest, contract: ContractIn) -> HttpResponse:
    """Make a contract."""
    made = actions.save_contract(actor=actor_of(request), at=clock.now(), **contract.model_dump())
    return answer(_show(made, {}), status=201)


@writes(router, "PUT", "/contracts/{uuid:contract_id}", ContractOut)
def change_contract(request: HttpRequest, contract_id: UUID, contract: ContractIn) -> HttpResponse:
    """Change a contract; uses keep the price of their day."""
    access_contract(actor_of(request), contract_id)
    made = actions.save_contract(
        actor=actor_of(request), at=clock.now(), contract_id=contract_id, **contract.model_dump()
    )  # fmt: skip
    return answer(_show(made, count_used(clock.now())))


def _show(row: Any, used: dict[UUID, tuple[int, int]]) -> dict[str, Any]:
    cases, spent = used.get(row.pk, (0, 0))
    plain = ("id", "starts_on", "ends_on", "monthly_limit", "fee_fen", "urgent_fee_fen")
    return {
        **{name: getattr(row, name) for name in plain},
        "asking": {"id": row.asking_id, "name": row.asking.name},
        "answering": {"id": row.answering_id, "name": row.answering.name}, "used": cases, "spent_fen": spent,
    }  # fmt: skip
