"""What follows a list of persons that was handed in: it is worked off beside the requests."""

from typing import Any
from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.lab.specimens import actions, queries, roster


@outbox.on("lab.specimens.list_handed_in", queue=outbox.HEAVY)
def work_on_list(payload: dict[str, Any]) -> None:
    """Check or register a list, part by part, until it is done. May run twice, also at once: a part is one
    transaction, and the next begins where it ended."""
    held = queries.get_list(UUID(payload["list"]))
    if held is None or held.ended_at is not None:
        return
    rows = roster.read_rows(held.content, held.name)
    while actions.work_on_list(held.id, rows, at=clock.now()):
        pass
