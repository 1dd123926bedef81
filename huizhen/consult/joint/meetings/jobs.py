"""Meetings by the clock: every minute those that are near are reminded of, and those whose time has come begin."""

from datetime import datetime

from huizhen.consult.joint.meetings import actions
from huizhen.consult.joint.meetings.queries import list_ahead
from huizhen.kernel import clock, outbox


@outbox.periodic("consult.joint.meetings", "* * * * *")
def tend() -> None:
    """Every minute."""
    tend_all(clock.now())


def tend_all(at: datetime) -> None:
    """Each meeting in a transaction of its own: one that fails holds up no other."""
    for meeting_id in list_ahead(at=at):
        actions.tend(meeting_id, at=at)
