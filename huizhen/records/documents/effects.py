"""What follows when a document is added: a photographed page is set straight before anybody reads it."""

from uuid import UUID

from django.conf import settings

from huizhen.kernel import clock, outbox
from huizhen.kernel.outbox.events import Payload
from huizhen.records.documents import actions


@outbox.on("records.document.added", queue=outbox.HEAVY)
def prepare(payload: Payload) -> None:
    """Set it straight, unless nothing is read by itself here; may run twice."""
    if settings.READ_REPORTS:
        actions.straighten_document(UUID(payload["document"]), at=clock.now())
