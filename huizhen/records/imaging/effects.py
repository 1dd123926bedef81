"""What follows an upload of images."""

from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.kernel.outbox.events import Payload
from huizhen.records.imaging import actions


@outbox.on("records.imaging.uploaded")
def import_images(payload: Payload) -> None:
    """Take the uploaded files into the record; may run twice."""
    actions.run_import(UUID(payload["run"]), at=clock.now())
