"""What the intake process hands to storage, and what storage says of it. Plain values; no database, no clock."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

LONGEST_SENDER, LONGEST_PEER = 400, 200


class NotKept(Exception):
    """A message is not stored; it must not be acknowledged."""


@dataclass(frozen=True)
class Received:
    """One message as it came off a line. `sender`: the instrument's id, or address and identity of an unknown one."""

    sender: str
    instrument_id: UUID | None
    protocol: str
    peer: str
    payload: bytes
    at: datetime
    state: str
    problems: tuple[str, ...] = ()


def made_plain(one: Received) -> Received:
    """The same message with the names beside its bytes made such that any table takes them."""
    return replace(one, sender=plain_name(one.sender)[:LONGEST_SENDER], peer=plain_name(one.peer)[:LONGEST_PEER])


def plain_name(name: str) -> str:
    """A name without letters that are none: halves of a pair and NULs become `?`."""
    return name.encode("utf-8", "replace").decode().replace("\x00", "?")


@dataclass(frozen=True)
class Kept:
    """A stored message: its id, and whether it is new or a resend of one that was stored before."""

    id: UUID
    is_new: bool


@dataclass(frozen=True)
class Noted:
    """What reading one message came to: how many readings, which problems, and the profile that read it."""

    message_id: UUID
    readings: int
    problems: tuple[str, ...] = ()
    read_as: str = ""
    is_set_aside: bool = False
