"""Watched folders: a file is taken when it has come to rest and can be opened whole, and is never changed or moved.

Whether it was taken before is decided by its content, in the database: the same file under another name is the same,
other content under the same name is not.

A file counts as changed when its size or either of its times has: shares keep the time of change to two seconds, and
programs that copy a file set it back. One that changes while it is read is read again later: half of the old and half
of the new would look whole.
"""

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ENDINGS = frozenset({".csv", ".txt", ".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"})
REST_SECONDS = 2.0
GIVE_UP_SECONDS = 300.0  # then a file that still cannot be opened is taken as it is, and set aside
PUT_OFF_SECONDS = 60.0
LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Look:
    """What a file looked like, and since when it looks so (monotonic seconds)."""

    mark: tuple[int, int, int]
    since: float


def mark_of(state: os.stat_result) -> tuple[int, int, int]:
    """What changes with every writing: the size, the time of change that programs set, the one that only the system
    sets, both in nanoseconds."""
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns


def written_name(path: Path) -> str:
    """A file's name as a person reads it. Systems keep bytes, and programs of some years write GB18030 there."""
    data = os.fsencode(path.name)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


@dataclass(frozen=True)
class Found:
    """A file to take. `faults`: `half` where it never became whole; `too_large`, with `particulars` for its content."""

    path: Path
    content: bytes
    faults: tuple[str, ...] = ()


class Watch:
    """One folder. `look(at)` gives the files that have come to rest; times are monotonic seconds. `ends_open`: the
    program that writes here does not end its last line, so that a text at rest is whole as it is."""

    def __init__(self, folder: Path, *, ends_open: bool = False) -> None:
        self.folder, self.ends_open = folder, ends_open
        self._seen: dict[Path, Look] = {}
        self._taken: dict[Path, tuple[int, int, int]] = {}

    def look(self, at: float) -> Iterator[Found]:
        """The files to take now. Raises OSError where the folder cannot be read."""
        present = {path for path in self.folder.iterdir() if self._is_wanted(path)}
        for gone in (self._seen.keys() | self._taken.keys()) - present:
            self._seen.pop(gone, None)
            self._taken.pop(gone, None)
        for path in sorted(present):
            found = self._judge(path, at)
            if found:
                yield found

    def took(self, found: Found) -> None:
        """The file is stored: it is not looked at again until it changes."""
        look = self._seen.pop(found.path, None)
        if look:
            self._taken[found.path] = look.mark

    def put_off(self, found: Found, at: float) -> None:
        """The file could not be stored: it is looked at again in a minute."""
        look = self._seen.get(found.path)
        if look:
            self._seen[found.path] = Look(look.mark, at + PUT_OFF_SECONDS)

    def _is_wanted(self, path: Path) -> bool:
        return path.suffix.lower() in ENDINGS and not path.name.startswith((".", "~$")) and path.is_file()

    def _judge(self, path: Path, at: float) -> Found | None:
        try:
            state = path.stat()
        except OSError:
            return None
        now = mark_of(state)
        if self._taken.get(path) == now:
            return None
        look = self._seen.get(path)
        if look is None or look.mark != now:
            self._seen[path] = Look(now, at)
            return None
        rested = at - look.since
        if rested < REST_SECONDS or state.st_size == 0:
            return None
        if state.st_size > LARGEST:
            content = self._read(path, now, particulars) if rested >= GIVE_UP_SECONDS else None
            return Found(path, content, ("too_large",)) if content else None
        content = self._read(path, now, Path.read_bytes)
        return self._found(path, content, rested) if content else None

    def _read(self, path: Path, mark: tuple[int, int, int], read: Callable[[Path], bytes]) -> bytes | None:
        """What is read of a file, unless it changed meanwhile."""
        try:
            content = read(path)
            return content if mark_of(path.stat()) == mark else None
        except OSError:
            return None

    def _found(self, path: Path, content: bytes, rested: float) -> Found | None:
        if is_whole(content, ends_open=self.ends_open):
            return Found(path, content)
        return Found(path, content, ("half",)) if rested >= GIVE_UP_SECONDS else None


def particulars(path: Path) -> bytes:
    """What is kept of a file that is too large to be kept: its name, size and digest. Other content is another file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{written_name(path)}\n{path.stat().st_size} bytes\nSHA-256 {digest}\n".encode()


def is_whole(content: bytes, *, ends_open: bool = False) -> bool:
    """Whether a file looks finished: a workbook whose directory is there, a text whose last line has ended."""
    if content[:4] == b"PK\x03\x04":
        return zipfile.is_zipfile(io.BytesIO(content))
    if content[:4] == b"\xd0\xcf\x11\xe0":
        return len(content) % 512 == 0
    return ends_open or content.endswith((b"\n", b"\r", b"\n\x00"))
