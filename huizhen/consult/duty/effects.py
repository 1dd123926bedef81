"""An urgent consultation rings the doctor on duty, when it comes in or is made urgent."""

from uuid import UUID

from huizhen.consult.duty import actions
from huizhen.kernel import clock, outbox


@outbox.on("consult.joint.opened_urgent", "consult.joint.hurried")
def ring(payload: dict) -> None:
    """Ring the first on duty; one that is not urgent any more rings nobody."""
    actions.ring(UUID(payload["case"]), at=clock.now())
