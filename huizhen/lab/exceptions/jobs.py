"""The timer that looks over the chain."""

from huizhen.kernel import clock, outbox
from huizhen.lab.exceptions import actions


@outbox.periodic("lab.exceptions.look", "* * * * * 30")
def look() -> None:
    """Once a minute: what is missing is only found by looking for it."""
    actions.look(at=clock.now())
