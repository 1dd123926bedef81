"""Timers of accounts."""

from huizhen.kernel import clock, outbox
from huizhen.people.accounts import actions


@outbox.periodic("people.accounts.forget_unconfirmed", "17 3 * * *")
def forget_unconfirmed() -> None:
    """Every night: phone numbers that never answered with their code."""
    actions.forget_unconfirmed(at=clock.now())
