"""What the API clears away by the clock."""

from huizhen.api.idempotency import actions as idempotency
from huizhen.kernel import clock, limits, outbox


@outbox.periodic("api.forget", "17 * * * *")
def forget() -> None:
    """Every hour: kept answers older than a day, and counts that have ended."""
    at = clock.now()
    idempotency.forget_old(at=at)
    limits.forget_old(at=at)
