"""Where a read is written down before its answer leaves: a file of this process, on this machine's disk.

The file outlives the process, whatever kills it; `gathering` brings its lines into the database, each exactly once. A
line is an entry as PostgreSQL's COPY reads it, behind a check sum that shows what was torn.
"""

import errno
import fcntl
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
# One that is gathered whole and longer than this is left for a new one. Longer than the second: nobody gathers.
LONG_BYTES, MOST_BYTES = 4 << 20, 64 << 20
SUM_DIGITS = 8
NOTHING = "\\N"
SPECIAL = re.compile(r"[\\\0\t\n\r]").search
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Journal:
    """The file of one process. It stays locked while the process lives: so others see when nobody adds any more."""

    def __init__(self, place: Path) -> None:
        self.id, self.size = ids.new_id(), 0
        self.path = place / f"{self.id}{SUFFIX}"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX)
            put(BEGIN, [self.id])
        except BaseException:
            self.close()
            self.path.unlink()
            raise

    def add(self, line: bytes) -> None:
        """Append a line, whole or not at all; one at a time.

        Raises:
            OSError: the disk is full, or nobody has gathered for long.
        """
        if self.size > MOST_BYTES:
            raise OSError(errno.ENOSPC, "nobody gathers the audit's journal", str(self.path))
        written = os.write(self.file, line)
        if written != len(line):
            os.ftruncate(self.file, self.size)
            raise OSError(errno.ENOSPC, "no room for the audit's journal", str(self.path))
        self.size += written
        if settings.AUDIT_TO_DISK:
            os.fdatasync(self.file)

    def close(self) -> None:
        """Nothing is added any more."""
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
        """Append a line to the journal, which begins with the first."""
        with self.lock:
            if self.journal is None:
                self.journal = Journal(folder())
            self.journal.add(line)
        self.tell()

    def leave(self, journal: Journal, taken: int) -> None:
        """Begin another one next time, if this is long and all of it is taken."""
        with self.lock:
            if journal is self.journal and LONG_BYTES < journal.size == taken:
                journal.close()
                self.journal = None


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
        ValueError: what no database can hold. OSError: no room.
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
