"""What follows when a document is added, or when somebody asks for another reading."""

from uuid import UUID

from django.conf import settings

from huizhen.kernel import clock, outbox
from huizhen.kernel.outbox.events import Payload
from huizhen.records.transcripts import actions


@outbox.on("records.document.added", queue=outbox.HEAVY)
def read_added(payload: Payload) -> None:
    """Read a new document, unless nothing is read by itself here; may run twice."""
    if not settings.READ_REPORTS:
        return
    actions.read_document(UUID(payload["document"]), at=clock.now())


@outbox.on("records.transcript.asked", queue=outbox.HEAVY)
def read_once_more(payload: Payload) -> None:
    """Read it again; may run twice."""
    actions.read_document(UUID(payload["document"]), at=clock.now())
