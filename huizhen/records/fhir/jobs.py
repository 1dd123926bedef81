"""The timer that forgets copies nobody can save any more."""

from huizhen.kernel import clock, outbox
from huizhen.records.fhir import actions


@outbox.periodic("records.fhir.forget_copies", "41 3 * * *", queue=outbox.HEAVY)
def forget_copies() -> None:
    """A copy is the whole record: it is kept for its week, and no longer."""
    actions.forget_copies(at=clock.now())
