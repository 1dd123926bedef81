"""The demonstration's contracts, invented: the county asks three hospitals of the city."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from huizhen.consult.contracts import actions, queries
from huizhen.kernel.access import SYSTEM
from huizhen.people.organisations.queries import list_organisations

# asks, answers, consultations a month, price in fen, price when urgent
CONTRACTS = (
    ("QS", "JC-1", 120, 20000, 40000),
    ("QS", "JC-U", 60, 30000, 60000),
    ("QS", "JC-T", None, 25000, 45000),
)
RUNS_SINCE = timedelta(days=300)


def load(at: datetime) -> Iterator[str]:
    """Make what is missing."""
    places = {row.code: row.pk for row in list_organisations()}
    known = {(row.asking_id, row.answering_id) for row in queries.list_contracts()}
    for asks, answers, limit, fee, urgent in CONTRACTS:
        if (places[asks], places[answers]) not in known:
            actions.save_contract(
                actor=SYSTEM, at=at, asking_id=places[asks], answering_id=places[answers],
                starts_on=(at - RUNS_SINCE).date(), monthly_limit=limit, fee_fen=fee, urgent_fee_fen=urgent,
            )  # fmt: skip
    yield f"contracts: {len(CONTRACTS)}"
