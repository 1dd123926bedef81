"""What follows a wish to fetch or send."""

from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.kernel.outbox.events import Payload
from huizhen.records.pacs import actions


@outbox.on("records.pacs.wanted")
def carry(payload: Payload) -> None:
    """Fetch or send; may run twice, and runs again while the archive is away."""
    actions.run_transfer(UUID(payload["transfer"]), at=clock.now())
