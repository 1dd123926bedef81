"""Timers of accounts."""

from huizhen.kernel import clock, outbox
from huizhen.people.accounts import actions


@outbox.periodic("17 3 * * *", name="people.accounts.forget_unconfirmed")
def forget_unconfirmed(**_timer: object) -> None:
    """Every night: phone numbers that never answered with their code."""
    actions.forget_unconfirmed(at=clock.now())
