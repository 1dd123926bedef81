"""Reads of contracts."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from huizhen.consult.contracts import rules
from huizhen.consult.contracts.models import Contract
from huizhen.consult.contracts.rules import Paper, Terms
from huizhen.kernel.calendar.working import ZONE
from huizhen.people.organisations.queries import get_node

OWN = ("group", "hospital", "clinic")


def list_contracts() -> list[Contract]:
    """All contracts, those that still run first."""
    return list(Contract.objects.select_related("asking", "answering").order_by("-ends_on", "asking__name"))


def get_contract(contract_id: UUID, *, hold: bool = False) -> Contract | None:
    """One contract; with `hold` its row is locked."""
    rows = Contract.objects.select_for_update(of=("self",)) if hold else Contract.objects.all()
    return rows.select_related("asking", "answering").filter(pk=contract_id).first()


def describe(row: Contract) -> dict[str, Any]:
    """What a contract says, for its history: places by key, days as ISO has them, prices in fen."""
    return {
        "asking": str(row.asking_id), "answering": str(row.answering_id), "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat() if row.ends_on else None, "monthly_limit": row.monthly_limit,
        "fee_fen": row.fee_fen, "urgent_fee_fen": row.urgent_fee_fen,
    }  # fmt: skip


def count_used(at: datetime) -> dict[UUID, tuple[int, int]]:
    """For each contract: consultations of this month under it, and what they cost in fen."""
    rows = Contract.objects.values_list("id").annotate(
        cases=Count("uses__case", distinct=True, filter=_this_month(at)),
    )
    spent: dict[UUID, int] = {}
    for contract_id, fee in Contract.objects.filter(_this_month(at)).values_list("id", "uses__fee_fen"):
        spent[contract_id] = spent.get(contract_id, 0) + fee
    return {key: (cases, spent.get(key, 0)) for key, cases in rows}


def get_terms(
    asking_id: UUID, answering_ids: Iterable[UUID], *, urgent: bool, at: datetime, case_id: UUID | None = None
) -> dict[UUID, Terms]:
    """The terms between an organisation and each of others, with one query. A consultation that already runs under a
    contract (`case_id`) takes nothing more of its number."""
    path = _path(asking_id)
    papers = _papers(path, at, case_id)
    own = [step for step in path if getattr(get_node(step), "kind", "") in OWN]
    return {key: rules.terms(papers, path, _path(key), own=own, urgent=urgent) for key in set(answering_ids)}


def _papers(path: list[UUID], at: datetime, case_id: UUID | None) -> list[Paper]:
    day = at.astimezone(ZONE).date()
    rows = Contract.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=day), asking_id__in=path, starts_on__lte=day
    ).annotate(used=Count("uses__case", distinct=True, filter=_this_month(at) & ~Q(uses__case_id=case_id)))
    return [
        Paper(
            row.pk, row.asking_id, row.answering_id, row.fee_fen, row.urgent_fee_fen,
            None if row.monthly_limit is None else row.monthly_limit - row.used,
        )
        for row in rows
    ]  # fmt: skip


def _this_month(at: datetime) -> Q:
    since = datetime.combine(rules.month_of(at), time.min, ZONE)
    return Q(uses__used_at__gte=since, uses__released_at__isnull=True)


def _path(organisation_id: UUID) -> list[UUID]:
    node = get_node(organisation_id)
    return list(node.path) if node else [organisation_id]
