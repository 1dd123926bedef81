"""Where a read is written down before its answer leaves: a file of this process, on this machine's disk.

The file outlives the process, whatever kills it; `gathering` brings its lines into the database, each exactly once. A
line is an entry as PostgreSQL's COPY reads it, behind a check sum that shows what was torn.
"""

import errno
import fcntl
import mmap
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID
from zlib import crc32

from django.conf import settings

from huizhen.kernel import ids
from huizhen.kernel.line import put

BEGIN = "INSERT INTO kernel_auditjournal (id, taken) VALUES (%s, 0)"
COLUMNS = (
    "at", "actor_id", "actor_name", "action", "subject_kind", "subject_id", "patient_id", "case_id", "organisation_id",
    "origin", "data",
)  # fmt: skip
SUFFIX = ".journal"
# One that is full is left for a new one. If there are so many, nobody gathers them.
BYTES, MOST_JOURNALS = 4 << 20, 64
SUM_DIGITS = 8
NOTHING = "\\N"
SPECIAL = re.compile(r"[\\\0\t\n\r]").search
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Journal:
    """The file of one process. It stays locked while the process lives: so others see when nobody adds any more.

    It has its whole length from the beginning, empty behind the last line, and is written by way of memory: a call of
    the system would give Python's lock to another thread for each line, which costs more than all the rest of it.
    """

    def __init__(self, place: Path) -> None:
        self.id, self.end = ids.new_id(), 0
        self.path = place / f"{self.id}{SUFFIX}"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX)
            os.posix_fallocate(self.file, 0, BYTES)
            self.memory = mmap.mmap(self.file, BYTES)
            put(BEGIN, [self.id])
        except BaseException:
            os.close(self.file)
            self.path.unlink()
            raise

    def has_room(self, line: bytes) -> bool:
        """Whether a line fits behind the others."""
        return self.end + len(line) <= len(self.memory)

    def add(self, line: bytes) -> None:
        """Append a line; one at a time."""
        start, end = self.end, self.end + len(line)
        self.memory[start:end] = line
        self.end = end
        if settings.AUDIT_TO_DISK:
            page = start - start % mmap.PAGESIZE
            self.memory.flush(page, end - page)

    def close(self) -> None:
        """Nothing is added any more."""
        self.memory.close()
        os.close(self.file)


class Own:
    """This process's journal, once something was read, and whom to tell that there is something to gather."""

    def __init__(self) -> None:
        self.begin_anew(lambda: None)

    def begin_anew(self, tell: Callable[[], None]) -> None:
        """Forget what was: nothing is written yet."""
        self.lock = threading.Lock()
        self.journal: Journal | None = None
        self.tell = tell

    def write(self, line: bytes) -> None:
        """Append a line to the journal, or to the next one where this is full."""
        with self.lock:
            journal = self.journal
            if journal is None or not journal.has_room(line):
                journal = self._begin()
            journal.add(line)
        self.tell()

    def _begin(self) -> Journal:
        if len(list(list_journals())) >= MOST_JOURNALS:
            raise OSError(errno.ENOSPC, "nobody gathers the audit's journals", str(folder()))
        begun, full = Journal(folder()), self.journal
        self.journal = begun
        if full is not None:
            full.close()
        return begun


own = Own()


def folder() -> Path:
    """Where the journals of this machine lie."""
    return Path(settings.AUDIT_ROOT)


def list_journals() -> Iterator[tuple[UUID, Path]]:
    """The journals of this machine, oldest first."""
    for path in sorted(folder().glob(f"*{SUFFIX}")):
        yield UUID(path.stem), path


def write(values: Sequence[Any]) -> None:
    """Write an entry down: its columns in the order of `COLUMNS`.

    Raises:
        ValueError: what no database can hold. OSError: no room on the disk, or nobody gathers.
    """
    own.write(as_line(values))


def as_line(values: Sequence[Any]) -> bytes:
    """An entry as one line: the check sum, then what COPY reads.

    Raises:
        ValueError: what no database can hold.
    """
    at, actor, name, action, kind, subject, patient, case, place, origin, data = values
    if SPECIAL("".join((name, subject, origin or "", data or ""))):
        name, subject, origin, data = (text and _escape(text) for text in (name, subject, origin, data))
    line = (
        f"{at}\t{actor.hex if actor else NOTHING}\t{name}\t{action}\t{kind}\t{subject}\t"
        f"{patient.hex if patient else NOTHING}\t{case.hex if case else NOTHING}\t{place.hex if place else NOTHING}\t"
        f"{origin or NOTHING}\t{data or NOTHING}"
    ).encode()
    return b"%08x\t%b\n" % (crc32(line), line)


def _escape(text: str) -> str:
    if "\0" in text or "\\u0000" in text:
        raise ValueError("an entry of the audit holds a character that is none")
    return text.translate(ESCAPED)
