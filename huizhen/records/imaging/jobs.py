"""What imaging does by itself."""

from huizhen.kernel import clock, outbox
from huizhen.records.imaging import actions


@outbox.periodic("imaging.close_waiting", "*/10 * * * *")
def close_waiting() -> None:
    """Close imports whose browser went away."""
    actions.close_waiting(clock.now())
