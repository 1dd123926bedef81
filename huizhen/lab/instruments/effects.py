"""What follows specimens that have come: instruments that want orders sent to them get theirs."""

from typing import Any
from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.lab.instruments import actions


@outbox.on("lab.specimens.received")
def send_orders(payload: dict[str, Any]) -> None:
    """Have the orders of what has come sent to the laboratory's instruments. May run twice."""
    actions.send_orders(UUID(payload["laboratory"]), payload["barcodes"], at=clock.now())
