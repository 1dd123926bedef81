"""What follows trouble: the chain is looked over at once, not only when the timer comes."""

from typing import Any
from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.lab.exceptions import actions


@outbox.on("lab.results.troubled", "lab.specimens.troubled")
def look(payload: dict[str, Any]) -> None:
    """Open what this event means."""
    actions.look(at=clock.now())


@outbox.on("records.patient.split")
def open_again(payload: dict[str, Any]) -> None:
    """What joining had ended is open again, wherever the two were taken apart."""
    actions.open_again(UUID(payload["survivor"]), UUID(payload["replaced"]), at=clock.now())


@outbox.on("records.patient.merged")
def look_after_merge(payload: dict[str, Any]) -> None:
    """Joined on the page of records: the laboratory's case is gone with it."""
    actions.look(at=clock.now())
