"""The roster's timer: who does not answer in time makes room for the next."""

from huizhen.consult.duty import actions
from huizhen.consult.duty.queries import list_overdue
from huizhen.kernel import clock, outbox


@outbox.periodic("consult.duty.ring_through", "* * * * * */20")
def ring_through() -> None:
    """Ring the next one wherever a ring's time is over."""
    at = clock.now()
    for case_id in list_overdue(at):
        actions.ring(case_id, at=at)
