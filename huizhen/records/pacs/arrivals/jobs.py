"""What arrivals do by themselves."""

from huizhen.kernel import clock, outbox
from huizhen.records.pacs.arrivals import actions


@outbox.periodic("arrivals.take_rest", "* * * * *")
def take_rest() -> None:
    """Take what a receiver that was killed could not announce any more."""
    actions.take_rest(clock.now())
