"""Where a read is written down before its answer leaves: a file of this process, on this machine's disk.

The file outlives the process, whatever kills it; `gathering` brings its lines into the database, each exactly once. A
line is an entry as PostgreSQL's COPY reads it, behind a keyed digest that binds it to its place in this journal: it
shows what was torn, changed, moved or slipped in.
"""

import errno
import fcntl
import hmac
import mmap
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from huizhen.kernel import crypto, ids
from huizhen.kernel.line import put

# The database that knows a journal; a copy of it has the rows too, and takes nothing.
HOME = """(SELECT system_identifier::text FROM pg_control_system())
       || '/' || (SELECT oid::text FROM pg_database WHERE datname = current_database())"""
BEGIN = f"INSERT INTO kernel_auditjournal (id, taken, home, place, over) VALUES (%s, 0, {HOME}, %s, false)"  # noqa: S608 - constants
COLUMNS = (
    "at", "actor_id", "actor_name", "action", "subject_kind", "subject_id", "patient_id", "case_id", "organisation_id",
    "origin", "data",
)  # fmt: skip
SUFFIX = ".journal"
# One that is full is left for a new one. If a process has left so many, nobody gathers them.
BYTES, MOST_JOURNALS = 4 << 20, 64
# A longer entry goes the straight way.
MOST_LINE_BYTES = 1 << 16
SUM_DIGITS = 16
NOTHING = "\\N"
LINE = re.compile(rb"[^\0\n]+")
SPECIAL = re.compile(r"[\\\0\t\n\r]").search
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Journal:
    """The file of one process. It stays locked while the process lives: so others see when nobody adds any more.

    It has its whole length from the beginning, empty behind the last line, and is written by way of memory: a call of
    the system would give Python's lock to another thread for each line, which costs more than all the rest of it.
    """

    def __init__(self, place: Path) -> None:
        self.id, self.end = ids.new_id(), 0
        # How far it is known to be in the database.
        self.taken = 0
        self.path = place / f"{self.id}{SUFFIX}"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX)
            os.posix_fallocate(self.file, 0, BYTES)
            self.memory = mmap.mmap(self.file, BYTES)
            put(BEGIN, [self.id, here()])
        except BaseException:
            os.close(self.file)
            self.path.unlink()
            raise

    def has_room(self, entry: bytes) -> bool:
        """Whether an entry fits behind the others."""
        return self.end + SUM_DIGITS + len(entry) + 2 <= len(self.memory)

    def add(self, entry: bytes) -> None:
        """Append an entry; one at a time."""
        start = self.end
        line = b"%b\t%b\n" % (sum_of(self.id, start, entry), entry)
        end = start + len(line)
        self.memory[start:end] = line
        self.end = end
        if settings.AUDIT_TO_DISK:
            page = start - start % mmap.PAGESIZE
            self.memory.flush(page, end - page)

    def is_taken(self, end: int) -> None:
        """It is in the database so far."""
        self.taken = max(self.taken, end)

    def is_lost(self) -> bool:
        """Whether somebody has removed the file: what is written goes nowhere."""
        return os.fstat(self.file).st_nlink == 0

    def close(self) -> None:
        """Nothing is added any more."""
        self.memory.close()
        os.close(self.file)


class Own:
    """This process's journals, once something was read: the one it writes, and full ones that are not taken whole. And
    whom to tell that there is something to gather."""

    def __init__(self) -> None:
        self.journal: Journal | None = None
        self.full: list[Journal] = []
        self.begin_anew(lambda: None)

    def begin_anew(self, tell: Callable[[], None]) -> None:
        """Forget what was: nothing is written yet. A forked child lets its parent's files go, or they would seem to be
        written for as long as it lives."""
        for one in (*self.full, self.journal):
            if one:
                one.close()
        self.lock = threading.Lock()
        self.journal, self.full = None, []
        self.tell = tell

    def every(self) -> list[Journal]:
        """The journals of this process that are not taken whole, the oldest first."""
        with self.lock:
            return [*self.full, self.journal] if self.journal else [*self.full]

    def write(self, entry: bytes) -> None:
        """Append an entry to the journal, or to the next one where this is full."""
        with self.lock:
            journal = self.journal
            if journal is None or not journal.has_room(entry):
                journal = self._begin()
            journal.add(entry)
        self.tell()

    def let_go(self, full: Journal) -> None:
        """One that is full is taken whole: whoever finds it next may remove it."""
        with self.lock:
            self.full.remove(full)
        full.close()

    def move(self, lost: Journal) -> list[bytes]:
        """Write what is left of a journal into a new one: its file is gone, or no row of the database knows it. The
        lines that are not sound any more."""
        with self.lock:
            begun, broken = Journal(folder()), []
            for _end, line, entry in read_lines(lost.id, lost.taken, lost.memory[lost.taken : lost.end]):
                if entry is None:
                    broken.append(line)
                else:
                    begun.add(entry)
            if lost is self.journal:
                self.journal = begun
            else:
                self.full[self.full.index(lost)] = begun
        lost.close()
        return broken

    def _begin(self) -> Journal:
        if len(self.full) + 1 >= MOST_JOURNALS:
            raise OSError(errno.ENOSPC, "nobody gathers the audit's journals", str(folder()))
        begun = Journal(folder())
        if self.journal:
            self.full.append(self.journal)
        self.journal = begun
        return begun


own = Own()


def folder() -> Path:
    """Where the journals of this machine lie."""
    return Path(settings.AUDIT_ROOT)


def here() -> str:
    """This machine's journals among those of all machines: its name and the folder."""
    return f"{socket.gethostname()}:{folder()}"


def list_journals() -> Iterator[tuple[UUID, Path]]:
    """The journals of this machine, oldest first; other files are nobody's concern."""
    for path in sorted(folder().glob(f"*{SUFFIX}")):
        with suppress(ValueError):
            yield UUID(path.stem), path


def write(values: Sequence[Any]) -> bool:
    """Write an entry down: its columns in the order of `COLUMNS`. Not done where it is too long for a line.

    Raises:
        ValueError: what no database can hold. OSError: no room on the disk, or nobody gathers.
    """
    entry = as_text(values)
    if len(entry) > MOST_LINE_BYTES:
        return False
    own.write(entry)
    return True


def sum_of(journal: UUID, start: int, entry: bytes) -> bytes:
    """The keyed digest of an entry that stands so many bytes from the beginning of a journal, in 16 hex digits."""
    bound = journal.bytes + start.to_bytes(8, "big") + entry
    return crypto.mac(bound, purpose="audit/journal")[: SUM_DIGITS // 2].hex().encode()


def read_lines(journal: UUID, start: int, block: bytes) -> Iterator[tuple[int, bytes, bytes | None]]:
    """What stands in a part of a journal that begins so many bytes from its beginning: of each line where the next
    begins, itself, and the entry it holds; no entry where it is not sound."""
    for found in LINE.finditer(block):
        line, at = found[0], start + found.start()
        entry = line[SUM_DIGITS + 1 :]
        sound = hmac.compare_digest(line[:SUM_DIGITS], sum_of(journal, at, entry))
        yield at + len(line) + 1, line, entry if sound else None


def as_text(values: Sequence[Any]) -> bytes:
    """An entry as COPY reads it.

    Raises:
        ValueError: what no database can hold.
    """
    at, actor, name, action, kind, subject, patient, case, place, origin, data = values
    if SPECIAL("".join((name, subject, origin or "", data or ""))):
        name, subject, origin, data = (text and _escape(text) for text in (name, subject, origin, data))
    return (
        f"{at}\t{actor.hex if actor else NOTHING}\t{name}\t{action}\t{kind}\t{subject}\t"
        f"{patient.hex if patient else NOTHING}\t{case.hex if case else NOTHING}\t{place.hex if place else NOTHING}\t"
        f"{origin or NOTHING}\t{data or NOTHING}"
    ).encode()


def _escape(text: str) -> str:
    if "\0" in text or "\\u0000" in text:
        raise ValueError("an entry of the audit holds a character that is none")
    return text.translate(ESCAPED)
