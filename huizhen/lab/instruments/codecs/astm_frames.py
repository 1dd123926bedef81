"""ASTM E1381 (CLSI LIS01-A2) frames: `STX number text ETX|ETB checksum CR LF`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

ENQ, ACK, NAK, EOT, STX, ETX, ETB = b"\x05", b"\x06", b"\x15", b"\x04", b"\x02", b"\x03", b"\x17"
TEXT = 240  # characters of text in a frame of 247
LONG_TEXT = 63_993  # of 64,000
RECORD = re.compile(rb"[^\r]*\r?")


def checksum(data: bytes) -> bytes:
    """Two hex digits over everything after STX through ETX or ETB, as raw bytes."""
    return b"%02X" % (sum(data) & 0xFF)


def frame(number: int, text: bytes, *, last: bool = True) -> bytes:
    """One frame; `last` of its record (ETX) or to be continued (ETB)."""
    body = b"%d" % (number % 8) + text + (ETX if last else ETB)
    return STX + body + checksum(body) + b"\r\n"


def frames(payload: bytes, *, size: int = TEXT, whole: bool = False) -> list[bytes]:
    """A message as frames, numbered 1 to 7, 0, 1 …: a record (or, `whole`, the message) in as many as it needs."""
    pieces = [payload] if whole else [record for record in RECORD.findall(payload) if record]
    return [frame(number, text, last=last) for number, (text, last) in enumerate(_cut(pieces, size), start=1)]


def _cut(pieces: list[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    for piece in pieces:
        for start in range(0, max(len(piece), 1), size):
            yield piece[start : start + size], start + size >= len(piece)


@dataclass(frozen=True)
class Frame:
    """A frame as it came. `number` is -1 where there is no digit."""

    number: int
    text: bytes
    last: bool
    is_sound: bool


def read(body: bytes, given: bytes | None) -> Frame:
    """Judge what stood after STX through ETX or ETB; `given` are the checksum's two digits, `None` where none is used."""
    digit = body[:1]
    sound = digit.isdigit() and digit < b"8" and (given is None or checksum(body) == given.upper())
    return Frame(int(digit) if digit.isdigit() else -1, body[1:-1], body[-1:] == ETX, sound)
