"""What travels: a channel and a cursor, as the smallest JSON that says both."""

import json
import re
from typing import NamedTuple

TOPIC = "huizhen_pulse"
CHANNEL = re.compile(r"[a-z][a-z0-9_.:-]{0,119}")


class BadChannel(ValueError):
    """A channel's name is lower-case letters, digits and `_ . : -`, at most 120; it never carries personal data."""


class Pulse(NamedTuple):
    """`channel` has news; ask from your last cursor. `cursor` is where the newest stands, 0 where nobody knows."""

    channel: str
    cursor: int

    def encode(self) -> str:
        """The form on the wire: `{"c":"case:…:talk","n":17}`."""
        return json.dumps({"c": self.channel, "n": self.cursor}, separators=(",", ":"))


EVERYTHING = Pulse("*", 0)
"""Heard after an interruption: pulses may have been lost, so every channel must be looked at again."""


def check_channel(channel: str) -> str:
    """Return the channel.

    Raises:
        BadChannel: its name is not one.
    """
    if not CHANNEL.fullmatch(channel):
        raise BadChannel(channel)
    return channel


def decode(text: str | bytes) -> Pulse | None:
    """Read a pulse off the wire; nothing for what is none, because a bus is shared with strangers."""
    try:
        fields = json.loads(text)
        return Pulse(str(fields["c"]), int(fields["n"]))
    except (ValueError, KeyError, TypeError):
        return None
