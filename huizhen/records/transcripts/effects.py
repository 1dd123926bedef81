"""What follows when a document is ready to be read, or when somebody asks for another reading."""

from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.kernel.outbox.events import Payload
from huizhen.records.documents.actions import straighten_document
from huizhen.records.transcripts import actions


@outbox.on("records.document.prepared", queue=outbox.HEAVY)
def read_prepared(payload: Payload) -> None:
    """Read a new document; may run twice."""
    actions.read_document(UUID(payload["document"]), at=clock.now())


@outbox.on("records.transcript.asked", queue=outbox.HEAVY)
def read_once_more(payload: Payload) -> None:
    """Read it again, set straight where nobody did that yet; may run twice."""
    straighten_document(UUID(payload["document"]), at=clock.now())
    actions.read_document(UUID(payload["document"]), at=clock.now())
