"""What follows specimens that have come, or are not tested by themselves after all: instruments that want orders sent
to them get theirs, and hear what is called off."""

from typing import Any
from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.lab.instruments import actions


@outbox.on("lab.specimens.received")
def send_orders(payload: dict[str, Any]) -> None:
    """Have the orders of what has come sent to the laboratory's instruments. May run twice."""
    actions.send_orders(UUID(payload["laboratory"]), payload["barcodes"], at=clock.now())


@outbox.on("lab.specimens.called_off")
def call_off(payload: dict[str, Any]) -> None:
    """Have orders called off that were sent for these barcodes. May run twice."""
    actions.call_off(UUID(payload["laboratory"]), payload["barcodes"], at=clock.now())
