"""What follows when a copy is asked for."""

from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.kernel.outbox.events import Payload
from huizhen.records.fhir import actions


@outbox.on("records.fhir.ordered", queue=outbox.HEAVY)
def make_copy(payload: Payload) -> None:
    """Make the copy; may run twice."""
    actions.make_export(UUID(payload["export"]), at=clock.now())
