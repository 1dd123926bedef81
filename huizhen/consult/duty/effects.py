"""An urgent consultation rings the doctor on duty: when it comes in, is made urgent, or somebody comes on duty."""

from uuid import UUID

from huizhen.consult.duty import actions
from huizhen.consult.duty.queries import list_unheard
from huizhen.kernel import clock, outbox


@outbox.on("consult.joint.opened_urgent", "consult.joint.hurried")
def ring(payload: dict) -> None:
    """Ring the first on duty; one that is not urgent any more rings nobody."""
    actions.ring(UUID(payload["case"]), at=clock.now())


@outbox.on("consult.duty.shift_added")
def ring_for_waiting(payload: dict) -> None:
    """Whoever is on duty now is rung for what nobody was there to take; the timer does it as later shifts begin."""
    at = clock.now()
    for case_id in list_unheard(at):
        actions.ring(case_id, at=at)
