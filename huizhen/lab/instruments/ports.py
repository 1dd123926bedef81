"""What instruments need of the rest of the laboratory: orders to answer questions with, and somebody to match results.

Specimens and results implement these and install themselves at start-up (`wiring.PORTS`); until then nothing is
ordered, and messages stay kept.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Order:
    """One test to be made on one specimen, as an instrument is told. Codes, and no more of the person than it needs.

    `test` is the catalogue's code; an instrument's profile may name it otherwise. `priority`: `R` routine, `S` urgent.
    """

    specimen: str
    test: str
    name: str = ""
    specimen_type: str = ""
    priority: str = "R"
    collected_at: datetime | None = None


class OrdersOf(Protocol):
    """Who knows the orders of a specimen."""

    def __call__(self, specimen: str, *, organisation_id: UUID) -> tuple[Order, ...]:
        """The orders of the specimen with this barcode value that are still to be made; none where it is unknown."""


class Match(Protocol):
    """Who reads kept messages and stores observations. Claims them itself (`queries.claim_pending`), in batches."""

    def __call__(self, *, at: datetime) -> int:
        """Work off one batch in one transaction; how many messages it was. 0 ends the job until the next wake."""


def no_orders(specimen: str, *, organisation_id: UUID) -> tuple[Order, ...]:
    """Nothing is ordered: the default, and an honest answer to every question."""
    return ()


def no_match(*, at: datetime) -> int:
    """Nobody matches yet: messages stay kept."""
    return 0


@dataclass
class Installed:
    """Who was named; until then nothing is ordered and nobody matches."""

    orders: OrdersOf
    match: Match


installed = Installed(orders=no_orders, match=no_match)


def install_orders(orders: OrdersOf) -> None:
    """Name who knows the orders."""
    installed.orders = orders


def install_match(match: Match) -> None:
    """Name who matches."""
    installed.match = match


def orders_of(specimen: str, *, organisation_id: UUID) -> tuple[Order, ...]:
    """The orders of a specimen, from whoever was installed."""
    return installed.orders(specimen, organisation_id=organisation_id)


def match_batch(*, at: datetime) -> int:
    """Have one batch of kept messages matched by whoever was installed."""
    return installed.match(at=at)
