"""Timer: papers that wait for room in the store, or that their job gave up, are issued, however long that took."""

from huizhen.consult.referrals import actions
from huizhen.kernel import clock, outbox


@outbox.periodic("consult.referral.issue_waiting", "*/15 * * * *", queue=outbox.HEAVY)
def issue_waiting() -> None:
    """Every quarter of an hour: a job gives up after seven hours, a full store may last longer."""
    actions.issue_waiting(at=clock.now())
