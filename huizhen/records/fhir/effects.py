"""What follows when a copy is asked for."""

from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.kernel.outbox.events import Payload
from huizhen.records.fhir import actions


@outbox.on("records.fhir.ordered", queue=outbox.HEAVY)
def make_copy(payload: Payload) -> None:
    """Make the copy; may run twice."""
    actions.make_export(UUID(payload["export"]), at=clock.now())


@outbox.on("records.fhir.offered")
def check_bundle(payload: Payload) -> None:
    """Say what would be taken, while somebody waits for it; may run twice."""
    actions.check_import(UUID(payload["run"]), at=clock.now())


@outbox.on("records.fhir.confirmed")
def take_bundle(payload: Payload) -> None:
    """Take it in; may run twice."""
    actions.take_import(UUID(payload["run"]), at=clock.now())
