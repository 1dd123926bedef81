"""Timer: a question that waits while its case stands as delivered is taken up."""

from huizhen.consult.joint.questions import actions
from huizhen.kernel import clock, outbox


@outbox.periodic("consult.joint.take_up_left", "*/15 * * * *")
def take_up_left() -> None:
    """Every quarter of an hour."""
    actions.take_up_left(at=clock.now())
