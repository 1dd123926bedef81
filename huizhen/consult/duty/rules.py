"""Who is rung next: pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class OnDuty:
    """Somebody on duty now, and how many minutes they have to answer."""

    account_id: UUID
    patience: int


def next_to_ring(roster: Sequence[OnDuty], rung: Collection[UUID]) -> OnDuty | None:
    """The first of the roster, in its order, who has not been rung yet."""
    return next((one for one in roster if one.account_id not in rung), None)
