"""The timer that looks over all records, once a night: for those that were there before the rules were."""

from huizhen.kernel import clock, outbox
from huizhen.records.merging import actions


@outbox.periodic("records.merging.look", "20 3 * * *")
def look() -> None:
    """A name that two hospitals wrote on the same day is found here at the latest."""
    actions.look_over_all(at=clock.now())
