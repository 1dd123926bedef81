"""The members of a zip of which only the beginning is there, one after the other, by their own headers.

A zip says at its end what it holds; until that has come, each member is known by the header before it [APPNOTE 4.3.7].
What is found so is looked at early and judged once more when the zip is whole. Whatever is odd ends the early look.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from huizhen.records.imaging.archives import (
    HIGHEST_RATIO,
    LARGEST_MEMBER,
    LOCKED,
    RATIO_COUNTS_FROM,
    UTF8_NAME,
    BadArchive,
    Member,
    is_inside,
    is_litter,
)

HEADER = struct.Struct("<4s5H3L2H")
MEMBER, DIRECTORY, DESCRIPTOR = b"PK\x03\x04", b"PK\x01\x02", b"PK\x07\x08"
SIZES_FOLLOW = 0x8
STORED, DEFLATED = 0, 8
UNKNOWN = 0xFFFFFFFF
STEP = 1 << 18  # bytes inflated at a time


class NotYet(Exception):
    """The rest of a member is still on its way."""


def walk_arrived(file: BinaryIO, start: int, arrived: int) -> Iterator[tuple[Member, int]]:
    """Yield the whole members from byte `start` on (a member's first byte), each with the byte after it.

    `arrived`: how many bytes of the zip are there. Litter and folders come without bytes. Ends where the rest of a
    member is still on its way.

    Raises:
        BadArchive: nothing more can be known before the zip is whole: its members are over, or one is locked, damaged,
            too large, or a bomb.
    """
    at = start
    while True:
        try:
            member, at = read_member(file, at, arrived)
        except NotYet:
            return
        yield member, at


def read_member(file: BinaryIO, at: int, arrived: int) -> tuple[Member, int]:
    """The member that begins at `at`, and where the next one does. Raises NotYet, BadArchive."""
    head = exactly(file, at, HEADER.size, arrived)
    sign, _, flags, method, _, _, crc, packed, size, name_length, extra = HEADER.unpack(head)
    body = at + HEADER.size + name_length + extra
    if sign != MEMBER or flags & LOCKED or method not in (STORED, DEFLATED) or UNKNOWN in (packed, size):
        raise BadArchive("damaged")
    name = read_name(exactly(file, at + HEADER.size, name_length, arrived), flags)
    sized = not flags & SIZES_FOLLOW or packed > 0
    if not is_inside(name) or (not sized and method == STORED):
        raise BadArchive("damaged")
    data, end = read_body(file, body, packed if sized else None, size, method, arrived)
    if flags & SIZES_FOLLOW:
        crc, end = read_descriptor(file, end, len(data), arrived)
    if zlib.crc32(data) != crc:
        raise BadArchive("damaged")
    return Member(name, b"" if is_litter(name) else data), end


def exactly(file: BinaryIO, at: int, size: int, arrived: int) -> bytes:
    """So many bytes. Raises NotYet."""
    if at + size > arrived:
        raise NotYet
    file.seek(at)
    return file.read(size)


def read_name(name: bytes, flags: int) -> str:
    """A member's name; zips packed on Chinese Windows carry GBK."""
    return name.decode("utf-8" if flags & UTF8_NAME else "gb18030", "replace")


def read_body(file: BinaryIO, body: int, packed: int | None, size: int, method: int, arrived: int) -> tuple[bytes, int]:
    """The bytes of a member and the place after them. `packed`: None where only the end of the stream tells."""
    if size > LARGEST_MEMBER or (packed and size > RATIO_COUNTS_FROM and size > HIGHEST_RATIO * packed):
        raise BadArchive("bomb")
    if packed is not None and body + packed > arrived:
        raise NotYet
    if method == STORED:
        return exactly(file, body, packed or 0, arrived), body + (packed or 0)
    data, end = inflate(file, body, body + packed if packed is not None else arrived)
    if packed is not None and (end != body + packed or len(data) != (size or len(data))):
        raise BadArchive("damaged")
    return data, end


def inflate(file: BinaryIO, start: int, limit: int) -> tuple[bytes, int]:
    """A deflated stream to its end, and the place after it. Raises NotYet where it does not end before `limit`."""
    stream, found, at = zlib.decompressobj(-zlib.MAX_WBITS), bytearray(), start
    file.seek(start)
    try:
        while not stream.eof:
            chunk = stream.unconsumed_tail or file.read(min(STEP, limit - at))
            if not chunk:
                raise NotYet
            at += 0 if stream.unconsumed_tail else len(chunk)
            found += stream.decompress(chunk, STEP * 4)
            swollen = len(found) > RATIO_COUNTS_FROM and len(found) > HIGHEST_RATIO * (at - start)
            if len(found) > LARGEST_MEMBER or swollen:
                raise BadArchive("bomb")
    except zlib.error as error:
        raise BadArchive("damaged") from error
    return bytes(found), at - len(stream.unused_data)


def read_descriptor(file: BinaryIO, at: int, size: int, arrived: int) -> tuple[int, int]:
    """The checksum that stands behind a member, and the place after it: with or without a signature, sizes of 4 or 8
    bytes [APPNOTE 4.3.9]. The next header tells which it is."""
    tail = exactly(file, at, 28, arrived)
    for signed in (DESCRIPTOR, b""):
        for form in ("<L", "<Q"):
            length = len(signed) + 4 + 2 * struct.calcsize(form)
            told = struct.unpack(form, tail[length - struct.calcsize(form) : length])[0]
            if tail.startswith(signed) and told == size and tail[length:][:4] in (MEMBER, DIRECTORY):
                return int.from_bytes(tail[len(signed) : len(signed) + 4], "little"), at + length
    raise BadArchive("damaged")
