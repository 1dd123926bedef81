"""What the intake process hands to storage, and what storage says of it. Plain values; no database, no clock."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


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
