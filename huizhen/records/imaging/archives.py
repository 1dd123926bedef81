"""The members of an uploaded zip, one after the other, in memory and within limits. Nothing is unpacked to disk.

A member that cannot be used is named with one code: `locked`, `unsafe_name`, `too_large`, `bomb`, `damaged`.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO

ZIP = "application/zip"
MOST_MEMBERS = 20_000
MOST_BYTES = 4 << 30  # all members together, unpacked
LARGEST_MEMBER = 256 << 20
# Black images shrink well, so the ratio of a single member may be high; beyond this nothing medical is inside.
HIGHEST_RATIO, RATIO_COUNTS_FROM = 1000, 16 << 20
SILENT = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
UTF8_NAME, LOCKED = 0x800, 0x1


class BadArchive(Exception):
    """The whole zip cannot be used: `damaged` or `bomb`."""


@dataclass(frozen=True)
class Member:
    """One file of a zip: its name and place, and either its bytes or the code of the reason why there are none."""

    name: str
    data: bytes = b""
    problem: str = ""
    place: int = 0


def count_members(file: BinaryIO) -> int:
    """How many files `walk` will yield. Raises BadArchive."""
    return len(members_of(open_archive(file)))


def walk(file: BinaryIO, skip: int = 0) -> Iterator[Member]:
    """Yield the files of a zip after the first `skip`, in the order of its table of contents; each is read when asked.

    Raises:
        BadArchive: `damaged`: this is no readable zip; `bomb`: it claims too many files or too many bytes.
    """
    with open_archive(file) as archive:
        for place, info in enumerate(members_of(archive)):
            if place >= skip:
                yield replace(read_member(archive, info), place=place)


def open_archive(file: BinaryIO) -> zipfile.ZipFile:
    """Open a zip and hold its claims against the limits before anything is unpacked."""
    try:
        archive = zipfile.ZipFile(file)
        claimed = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadArchive("damaged") from error
    if len(archive.infolist()) > MOST_MEMBERS or claimed > MOST_BYTES:
        raise BadArchive("bomb")
    return archive


def members_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries that are files and not the litter of an operating system."""
    # An entry may have no name at all: `is_dir` would stumble over it.
    return [info for info in archive.infolist() if not is_litter(info.filename)]


def is_litter(name: str) -> bool:
    """Whether a name is a folder's, or of what an operating system leaves behind."""
    return name.endswith("/") or any(part in SILENT or part.startswith("._") for part in name.split("/"))


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    """Unpack one member, or say why not. `zipfile` stops at the size the entry claims, so a lie gains nothing."""
    name = readable_name(info)
    problem = claimed_problem(name, info)
    if problem:
        return Member(name, problem=problem)
    try:
        return Member(name, archive.read(info))
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError):
        return Member(name, problem="damaged")


def claimed_problem(name: str, info: zipfile.ZipInfo) -> str:
    """What is wrong with an entry by its description alone; empty when nothing is."""
    if info.flag_bits & LOCKED:
        return "locked"
    if not is_inside(name):
        return "unsafe_name"
    if info.file_size > LARGEST_MEMBER:
        return "too_large"
    inflated = info.file_size > RATIO_COUNTS_FROM and info.file_size > HIGHEST_RATIO * max(1, info.compress_size)
    return "bomb" if inflated else ""


def is_inside(name: str) -> bool:
    """Whether a name stays below the folder it would be unpacked to (zip slip). We never unpack by name; whoever
    exports the originals later might."""
    path = PurePosixPath(name.replace("\\", "/"))
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and ":" not in path.parts[0]


def readable_name(info: zipfile.ZipInfo) -> str:
    """The entry's name; zips packed on Chinese Windows carry GBK bytes that `zipfile` takes for code page 437."""
    if info.flag_bits & UTF8_NAME:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename
