"""Whether a zip is what it claims, before anybody unpacks it: no bombs, no escapes, no secrets.

Whoever reads an entry later must do it with `zipfile`, which never gives more bytes than the directory declares.
"""

import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from huizhen.kernel.files.rules import Refused

ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!")
ARCHIVE_NAMES = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".jar")
END_SIGNATURE = b"PK\x05\x06"
END = struct.Struct("<4s4H2LH")
LONGEST_COMMENT = 0xFFFF
ENCRYPTED = 0x1
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


@dataclass(frozen=True)
class Limits:
    """What an honest archive of one examination stays within. Sizes in bytes."""

    entries: int = 20_000
    total: int = 4 * 2**30
    entry: int = 2 * 2**30
    ratio: int = 200
    small: int = 2**20  # a small entry may be all zeros
    directory: int = 8 * 2**20


LIMITS = Limits()


def check_zip(reader: BinaryIO, limits: Limits = LIMITS) -> int:
    """Check an archive without unpacking it; returns how many files it holds.

    Raises:
        Refused: bomb (too much, too many, archive within archive, entries over each other), unsafe (paths that
            lead out, links, devices), encrypted, damaged, empty.
    """
    _check_directory(reader, limits)
    try:
        with zipfile.ZipFile(reader) as archive:
            entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
            _check_sizes(entries, limits)
            _check_overlap(archive.infolist())
            for entry in archive.infolist():
                _check_path(entry)
            for entry in entries:
                _check_entry(archive, entry)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError, RuntimeError):
        raise Refused("damaged") from None
    if not entries:
        raise Refused("empty")
    return len(entries)


def _check_directory(reader: BinaryIO, limits: Limits) -> None:
    """Look at the end record first: the directory it speaks of is read into memory as a whole."""
    size = reader.seek(0, 2)
    reader.seek(max(0, size - END.size - LONGEST_COMMENT))
    tail = reader.read(END.size + LONGEST_COMMENT)
    at = tail.rfind(END_SIGNATURE)
    if at < 0 or len(tail) - at < END.size:
        raise Refused("damaged")
    _, _, _, _, count, directory, _, _ = END.unpack_from(tail, at)
    # 0xFFFF and 0xFFFFFFFF mean zip64, which an archive within our limits never needs.
    if count > limits.entries or directory > limits.directory:
        raise Refused("bomb")
    reader.seek(0)


def _check_sizes(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.entries or sum(entry.file_size for entry in entries) > limits.total:
        raise Refused("bomb")
    for entry in entries:
        swells = entry.file_size > limits.small and entry.file_size > entry.compress_size * limits.ratio
        if entry.file_size > limits.entry or swells:
            raise Refused("bomb")


def _check_overlap(entries: list[zipfile.ZipInfo]) -> None:
    """Entries that share bytes make a small file large without any suspicious ratio (Fifield, WOOT '19)."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    for entry, following in pairwise(ordered):
        if entry.header_offset + 30 + entry.compress_size > following.header_offset:
            raise Refused("bomb")


def _check_path(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    parts = name.replace("\\", "/").split("/")
    if not name or name.startswith(("/", "\\")) or ".." in parts or "\0" in name or ":" in parts[0]:
        raise Refused("unsafe")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused("unsafe")


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise Refused("encrypted")
    if entry.compress_type not in METHODS:
        raise Refused("damaged")
    if entry.filename.lower().endswith(ARCHIVE_NAMES):
        raise Refused("bomb")
    with archive.open(entry) as content:
        if content.read(6).startswith(ARCHIVES):
            raise Refused("bomb")
