"""Follow-ups by the clock."""

from datetime import datetime

from huizhen.consult.joint.aftercare import actions
from huizhen.consult.joint.aftercare.queries import list_due
from huizhen.kernel import clock, outbox


@outbox.periodic("consult.joint.follow_ups", "*/15 * * * *")
def ask() -> None:
    """Every quarter of an hour."""
    ask_all(clock.now())


def ask_all(at: datetime) -> None:
    """Ask for the outcomes that are due, each in a transaction of its own."""
    for follow_up_id in list_due(at=at, silent_since=at - actions.AGAIN_AFTER):
        actions.ask_outcome(follow_up_id, at=at)
