"""Tickets for the live process: who may hear which channels, signed by the web process, good for minutes.

The live process never asks who somebody is: the ticket says it. It is a bearer token, so it is short-lived.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings

from huizhen.kernel.pulse.bus import check_channel

GOOD_FOR = timedelta(minutes=5)
MOST_CHANNELS = 50
PURPOSE = b"huizhen.kernel.pulse.ticket.v1"


class BadTicket(Exception):
    """The ticket is not ours, was changed, or is too old. The argument is `forged` or `expired`."""


@dataclass(frozen=True)
class Ticket:
    """What a ticket says."""

    account_id: UUID
    channels: frozenset[str]
    expires_at: datetime

    @property
    def minted_at(self) -> datetime:
        """When the page looked."""
        return self.expires_at - GOOD_FOR


def mint_ticket(account_id: UUID, channels: Iterable[str], at: datetime) -> str:
    """A ticket for these channels, to be put into the address of the socket. The caller has checked access to each.

    Raises:
        BadChannel: a channel's name is not one.
        ValueError: more than 50 channels.
    """
    names = sorted({check_channel(channel) for channel in channels})
    if len(names) > MOST_CHANNELS:
        raise ValueError(f"a ticket holds at most {MOST_CHANNELS} channels")
    says = {"a": account_id.hex, "c": names, "x": int((at + GOOD_FOR).timestamp())}
    payload = _pack(json.dumps(says, separators=(",", ":")).encode())
    return f"{payload}.{_pack(_sign(payload))}"


def read_ticket(text: str, at: datetime) -> Ticket:
    """Check and open a ticket.

    Raises:
        BadTicket: forged or expired.
    """
    payload, _, signature = text.partition(".")
    try:
        given = _unpack(signature)
    except ValueError as error:
        raise BadTicket("forged") from error
    if not hmac.compare_digest(given, _sign(payload)):
        raise BadTicket("forged")
    says = json.loads(_unpack(payload))
    expires_at = datetime.fromtimestamp(says["x"], UTC)
    if at >= expires_at:
        raise BadTicket("expired")
    return Ticket(UUID(says["a"]), frozenset(says["c"]), expires_at)


def _sign(payload: str) -> bytes:
    key = hashlib.sha256(PURPOSE + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, payload.encode(errors="surrogatepass"), hashlib.sha256).digest()


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
