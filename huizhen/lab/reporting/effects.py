"""What follows when somebody wants earlier results reported."""

from typing import Any
from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.lab.reporting import actions


@outbox.on("lab.reporting.backfill_begun", queue=outbox.HEAVY)
def fill(payload: dict[str, Any]) -> None:
    """Part by part until it is done; the next run of reporting sends it. May run twice, also at once."""
    while actions.fill_part(UUID(payload["backfill"]), at=clock.now()):
        pass
