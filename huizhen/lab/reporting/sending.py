"""Working a platform off: claim, send, settle, and ask about what has no answer. No transaction is open while a call
lasts."""

from datetime import datetime

from huizhen.kernel import clock
from huizhen.lab.reporting import actions, formats, queries
from huizhen.lab.reporting.models import Upstream
from huizhen.lab.reporting.ports import Receiver


def send_next(upstream: Upstream, receiver: Receiver, *, at: datetime) -> int:
    """Send one batch; returns its size, 0 where nothing can be sent now."""
    batch = actions.claim(upstream.id, at=at)
    if batch is None:
        return 0
    payload, media_type = formats.encode(upstream.format, batch.id, queries.list_reported(batch.id), at=at)
    answer = receiver.send(batch.id, payload, media_type)
    actions.settle(batch.id, answer, at=clock.now())
    return batch.size


def ask_about_unknown(upstream: Upstream, receiver: Receiver, *, at: datetime) -> int:
    """Ask about every batch whose fate is not known; returns how many were asked about."""
    waiting = queries.list_to_ask(upstream.id, at)
    for batch in waiting:
        actions.settle(batch.id, receiver.ask(batch.id), at=at)
    return len(waiting)


def catch_up(upstream: Upstream, receiver: Receiver, *, most: int = 400) -> int:
    """Ask, then send batch after batch until nothing waits or the platform wants a pause; returns how many results."""
    ask_about_unknown(upstream, receiver, at=clock.now())
    sent = 0
    for _round in range(most):
        size = send_next(upstream, receiver, at=clock.now())
        if not size:
            break
        sent += size
    return sent
