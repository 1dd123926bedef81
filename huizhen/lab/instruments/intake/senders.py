"""Who sent a message: known by where it calls from and what it calls itself. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from huizhen.lab.instruments.models import Instrument, Link
from huizhen.lab.instruments.profile import Profile

LONGEST = 120


@dataclass(frozen=True)
class Known:
    """An instrument as the intake process needs it."""

    id: UUID
    organisation_id: UUID
    name: str
    link: str
    address: str
    port: int
    identity: str
    profile: Profile | None

    @property
    def sender(self) -> str:
        """What its messages carry as their sender."""
        return str(self.id)


def known(instrument: Instrument, profile: Profile | None) -> Known:
    """A row as the intake process keeps it."""
    return Known(
        instrument.id, instrument.organisation_id, instrument.name, instrument.link, instrument.address,
        instrument.port, instrument.identity, profile,
    )  # fmt: skip


def identity_of(payload: bytes) -> str:
    """What a sender calls itself: MSH-3 and MSH-4, or H-5; empty where it says nothing."""
    line = re.split(rb"[\r\n]", payload.lstrip(b"\x00\r\n\t "), maxsplit=1)[0][:2000]
    if line[:3] == b"MSH" and len(line) > 8:
        fields = line.split(line[3:4])
        found = b" ".join(field for field in fields[2:4] if field)
    elif line[:1] == b"H" and len(line) > 5 and not line[1:2].isalnum():
        fields = line.split(line[1:2])
        found = fields[4] if len(fields) > 4 else b""
    else:
        found = b""
    text = found.decode("utf-8", "replace")
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()[:LONGEST]


def stranger(host: str, identity: str) -> str:
    """What the messages of an unknown sender carry: where it called from, and what it called itself."""
    return f"{host} {identity}".strip()


def who(all_known: Iterable[Known], *, host: str, port: int, identity: str) -> Known | None:
    """The one instrument that a caller must be; `None` where it is none of them, or could be two.

    An instrument with a port of its own is only called on it. Where address or identity are registered they must
    agree; of several that agree, the one registered most narrowly is meant.
    """
    fitting = [
        one
        for one in all_known
        if one.link == Link.CALLS
        and one.port in (0, port)
        and one.address in ("", host)
        and (not one.identity or one.identity.lower() in identity.lower())
    ]
    if not fitting:
        return None
    best = max(map(_narrowness, fitting))
    narrowest = [one for one in fitting if _narrowness(one) == best]
    return narrowest[0] if len(narrowest) == 1 else None


def _narrowness(one: Known) -> tuple[bool, bool, int]:
    return bool(one.port), bool(one.address), len(one.identity)
