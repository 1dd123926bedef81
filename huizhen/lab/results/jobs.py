"""Timer entries of results."""

from huizhen.kernel import clock, outbox
from huizhen.lab.results import actions


@outbox.periodic("lab.results.retry_held", "* * * * * */10")
def retry_held() -> None:
    """Take again what came before its tube was known, batch after batch."""
    while actions.retry_held(at=clock.now()).observations:
        pass


@outbox.periodic("lab.results.ensure_partitions", "7 * * * *")
def ensure_partitions() -> None:
    """Have the coming weeks of the narrow table ready."""
    actions.ensure_partitions(at=clock.now())


@outbox.periodic("lab.results.forget_messages", "23 3 * * *")
def forget_messages() -> None:
    """Delete the bytes of messages whose time is over, batch after batch, at night."""
    while actions.forget_messages(at=clock.now()):
        pass
