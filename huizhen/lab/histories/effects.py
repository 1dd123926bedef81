"""What follows when a person asks for a report."""

from typing import Any
from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.lab.histories import actions


@outbox.on(actions.ASKED, queue=outbox.HEAVY)
def make(payload: dict[str, Any]) -> None:
    """Make it, beside what must not wait for it. May run twice."""
    actions.make_report(UUID(payload["report"]), at=clock.now())
