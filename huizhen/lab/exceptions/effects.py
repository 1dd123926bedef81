"""What follows trouble: the chain is looked over at once, not only when the timer comes."""

from typing import Any

from huizhen.kernel import clock, outbox
from huizhen.lab.exceptions import actions


@outbox.on("lab.results.troubled", "lab.specimens.troubled")
def look(payload: dict[str, Any]) -> None:
    """Open what this event means."""
    actions.look(at=clock.now())
