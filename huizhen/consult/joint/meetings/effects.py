"""When the case has gone on or ended, a meeting still ahead gives its time back."""

from uuid import UUID

from huizhen.consult.joint.meetings import actions
from huizhen.kernel import clock, outbox


@outbox.on("consult.joint.start_drafting", "consult.joint.withdraw", "consult.joint.refer", "consult.joint.close")
def release(payload: dict) -> None:
    """Free everybody's time."""
    actions.release(UUID(payload["case"]), at=clock.now())
