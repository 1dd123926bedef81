"""What an upload holds, in batches: small ones first, so that the first image is seen at once."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, TypeGuard

from huizhen.kernel import files
from huizhen.kernel.files.models import File, FileState
from huizhen.records.imaging import archives

GROWTH = (1, 8, 32, 64)  # images of the first, second, third and every later batch
MOST_BYTES = 64 << 20  # of unpacked images held in memory at once


@dataclass(frozen=True)
class Item:
    """One file of an upload: at which place, called what; its bytes or its own file, or why there is neither."""

    place: int
    name: str
    data: bytes = b""
    file: File | None = None
    problem: str = ""

    def stream(self) -> BinaryIO:
        """The bytes, seekable."""
        return files.open_file(self.file) if self.file else io.BytesIO(self.data)


@dataclass(frozen=True)
class Batch:
    """Items that are kept together; `start` is the place of the first."""

    start: int
    items: tuple[Item, ...]


def is_ready(file: File | None) -> TypeGuard[File]:
    """Whether a file can be opened: it is there, whole, and not forgotten."""
    return file is not None and file.state == FileState.READY


def count_files(uploads: Sequence[File | None]) -> int:
    """How many files there are to look at, for the progress bar."""
    total = 0
    for file in uploads:
        if not is_ready(file) or file.media_type != archives.ZIP:
            total += 1
            continue
        try:
            with files.open_file(file) as stream:
                total += archives.count_members(stream)
        except archives.BadArchive:
            total += 1
    return total


def list_batches(uploads: Sequence[File | None], done: int) -> Iterator[Batch]:
    """Everything from place `done` on, in batches; always in the same order."""
    held: list[Item] = []
    size, grown = 0, 0
    for item in list_items(uploads, done):
        held.append(item)
        size += len(item.data)
        if len(held) >= GROWTH[min(grown, len(GROWTH) - 1)] or size >= MOST_BYTES:
            yield Batch(held[0].place, tuple(held))
            held, size, grown = [], 0, grown + 1
    if held:
        yield Batch(held[0].place, tuple(held))


def list_items(uploads: Sequence[File | None], done: int) -> Iterator[Item]:
    """Every file from place `done` on; what lies before is passed over unread."""
    place = 0
    for file in uploads:
        if is_ready(file) and file.media_type == archives.ZIP:
            with files.open_file(file) as stream:
                for member in members(stream, file.name, max(0, done - place)):
                    if member.place + place >= done:
                        yield Item(member.place + place, member.name, member.data, problem=member.problem)
                place += count_members(stream)
            continue
        if place >= done:
            there = is_ready(file)
            yield Item(place, file.name if file else "", file=file if there else None, problem="" if there else "gone")
        place += 1


def count_members(stream: BinaryIO) -> int:
    """The places a zip takes; one that cannot be read takes one."""
    try:
        return archives.count_members(stream)
    except archives.BadArchive:
        return 1


def members(stream: BinaryIO, name: str, skip: int) -> Iterator[archives.Member]:
    """The members of a zip after the first `skip`, or the zip itself with what is wrong with it."""
    try:
        yield from archives.walk(stream, skip)
    except archives.BadArchive as error:
        yield archives.Member(name, problem=str(error))
