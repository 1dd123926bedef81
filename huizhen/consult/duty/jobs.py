"""The roster's timer: who does not answer in time makes room for the next, who comes on duty is rung for what waits."""

from huizhen.consult.duty import actions
from huizhen.consult.duty.queries import list_overdue, list_settled, list_unheard
from huizhen.kernel import clock, outbox


@outbox.periodic("consult.duty.ring_through", "* * * * * */20")
def ring_through() -> None:
    """Ring the next one wherever a ring's time is over, and whose shift has begun for what nobody has taken."""
    at = clock.now()
    for case_id in [*list_overdue(at), *list_unheard(at), *list_settled()]:
        actions.ring(case_id, at=at)
