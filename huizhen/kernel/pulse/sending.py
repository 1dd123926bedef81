"""Sending pulses: inside the transaction by NOTIFY, or after it over NATS."""

from functools import partial

from django.conf import settings
from django.db import transaction

from huizhen.kernel.line import put
from huizhen.kernel.pulse import wire
from huizhen.kernel.pulse.bus import TOPIC, Pulse, check_channel

NOTIFY = "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload"


def beat(*beats: tuple[str, int]) -> None:
    """Tell everybody who watches these channels that there is news up to this cursor.

    By NOTIFY the pulse is part of the transaction: PostgreSQL sends it at commit and forgets it at rollback.
    Over NATS it is published after commit; a crash in between loses it, which the clients' asking by cursor mends.

    Raises:
        BadChannel: a channel's name is not one.
    """
    payloads = [Pulse(check_channel(channel), cursor).encode() for channel, cursor in beats]
    if not payloads:
        return
    if settings.NATS_URL:
        transaction.on_commit(partial(wire.publish, payloads), robust=True)
        return
    put(NOTIFY, [TOPIC, payloads])
