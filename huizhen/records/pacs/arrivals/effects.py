"""What follows when images came from a device."""

from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.kernel.outbox.events import Payload
from huizhen.records.pacs.arrivals import actions


@outbox.on("records.arrivals.came")
def take(payload: Payload) -> None:
    """Give them to an import where their patient is known; may run twice."""
    actions.take(UUID(payload["arrival"]), at=clock.now())
