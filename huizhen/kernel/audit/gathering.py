"""Bringing what this machine's journals hold into the database: each line once, whoever is killed in between.

How far a journal is taken stands in the database and changes in the transaction that takes the lines, so any process
may take from any journal, the dead one's too, and several at once do no harm.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from time import sleep
from typing import BinaryIO
from uuid import UUID
from zlib import crc32

from django.db import DataError, close_old_connections, connection, transaction

from huizhen.kernel import clock
from huizhen.kernel.audit.journal import BYTES, COLUMNS, SUM_DIGITS, Journal, list_journals, own
from huizhen.kernel.line import ask, put

log = logging.getLogger(__name__)
TAKE = f"COPY kernel_auditentry ({', '.join(COLUMNS)}) FROM STDIN"
TAKEN = "SELECT taken FROM kernel_auditjournal WHERE id = %s FOR UPDATE"
TOOK = "UPDATE kernel_auditjournal SET taken = %s WHERE id = %s"
GONE = "DELETE FROM kernel_auditjournal WHERE id = %s"
KNOWN = "SELECT id, taken FROM kernel_auditjournal"
BROKEN = """
INSERT INTO kernel_auditentry (at, actor_name, action, subject_kind, subject_id, data)
VALUES (%s, '', 'kernel.audit.broken', 'journal', %s, jsonb_build_object('lines', %s::int))
"""
AT_ONCE_BYTES = 1 << 18
# A read is seen by others of this machine at once, because they gather before they look; elsewhere this much later.
# Each round makes the threads that answer take turns with one more, whatever it brings: few rounds are cheaper.
EVERY_SECONDS = 1.0
AGAIN_SECONDS = 5.0
IDLE_SECONDS = 10.0


@dataclass(frozen=True)
class Waiting:
    """A journal that is not taken whole. `known`: to this database; another one's is never taken here."""

    id: UUID
    size: int
    seconds: float
    known: bool


def gather() -> None:
    """Bring into the database what the journals of this machine hold now."""
    for key, path in list_journals():
        _take_all(key, path)


def list_waiting() -> list[Waiting]:
    """What is not in the database yet, and about how long ago the last was written."""
    taken: dict[UUID, int] = dict(ask(KNOWN, []))  # type: ignore[arg-type]  # two columns
    return [found for key, path in list_journals() for found in _waiting(key, path, taken.get(key))]


def _waiting(key: UUID, path: Path, taken: int | None) -> Iterator[Waiting]:
    with _open(path) as file:
        size = len(_read(file, taken or 0, BYTES)) if file else 0
        if file and size:
            seconds = max(0.0, clock.now().timestamp() - os.fstat(file.fileno()).st_mtime)
            yield Waiting(key, size, seconds, taken is not None)


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO | None]:
    """The file, nothing where it was removed meanwhile."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        yield file


def _read(file: BinaryIO, start: int, most: int) -> bytes:
    """What is written from here; behind the last line there is nothing yet."""
    file.seek(start)
    return file.read(most).partition(b"\0")[0]


def _take_all(key: UUID, path: Path) -> None:
    # A block that is not half full was the end of what was there.
    while _take(key, path) > AT_ONCE_BYTES // 2:
        pass


def _take(key: UUID, path: Path) -> int:
    """Take the next lines of a journal; how many bytes."""
    with _open(path) as file, transaction.atomic():
        rows = ask(TAKEN, [key]) if file else []
        if not file or not rows:
            return 0
        # Before the lines are read: what is not there when its process is gone never comes.
        is_over = _is_over(file.fileno())
        [(taken,)] = rows
        block = _read(file, taken, AT_ONCE_BYTES)
        *lines, rest = block.split(b"\n")
        if not is_over:
            lines = list(takewhile(_is_sound, lines))  # the last may just be on its way into the file
        elif rest and (len(block) < AT_ONCE_BYTES or not lines):
            lines.append(rest)
        size = min(sum(len(line) + 1 for line in lines), len(block))
        if lines:
            _store(key, path, lines)
            put(TOOK, [taken + size, key])
        elif is_over:
            transaction.on_commit(partial(_remove, key, path))
        return size


def _is_over(file: int) -> bool:
    """Whether the process that wrote a journal is gone."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove(key: UUID, path: Path) -> None:
    path.unlink(missing_ok=True)
    put(GONE, [key])


def _store(key: UUID, path: Path, lines: list[bytes]) -> None:
    sound = [line for line in lines if _is_sound(line)]
    broken = [line for line in lines if not _is_sound(line)] if len(sound) < len(lines) else []
    if not _copy(sound):
        broken += [line for line in sound if not _copy([line])]
    if broken:
        _put_aside(key, path, broken)


def _is_sound(line: bytes) -> bool:
    return line[:SUM_DIGITS] == b"%08x" % crc32(line[SUM_DIGITS + 1 :])


def _copy(lines: list[bytes]) -> bool:
    """Store lines as entries; whether the database could read them."""
    try:
        with (
            transaction.atomic(),
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(TAKE) as copy,
        ):
            copy.write(b"".join(line[SUM_DIGITS + 1 :] + b"\n" for line in lines))
    except DataError:
        return False
    return True


def _put_aside(key: UUID, path: Path, lines: list[bytes]) -> None:
    """Keep what is no entry beside the journal, and say so in the audit: a power cut has torn it."""
    log.error("lines of the audit's journal cannot be read", extra={"journal": str(key), "lines": len(lines)})
    with path.with_suffix(".broken").open("ab") as kept:
        kept.write(b"".join(line + b"\n" for line in lines))
        kept.flush()
        os.fsync(kept.fileno())
    put(BROKEN, [clock.now(), str(key), len(lines)])


class Collector:
    """The thread that gathers this process's journal a moment after something was written; else it sleeps."""

    def __init__(self) -> None:
        self.wanted = threading.Event()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.last: Journal | None = None

    def tell(self) -> None:
        """There is something to gather."""
        if not self.wanted.is_set():
            self.wanted.set()
        if self.thread is None:
            with self.lock:
                if self.thread is None:
                    self.thread = threading.Thread(target=self.run, name="audit", daemon=True)
                    self.thread.start()

    def run(self) -> None:
        """Gather for ever; what cannot be brought in now is tried again."""
        while True:
            try:
                close_old_connections()
                self.round()
            except Exception:
                log.exception("the audit's journal cannot be gathered; its lines are kept")
                self.wanted.set()
                sleep(AGAIN_SECONDS)

    def round(self) -> None:
        """Wait until there is something, let more of it come, and bring it in: where this process has begun a journal,
        what it and dead ones left in others too."""
        if not self.wanted.wait(IDLE_SECONDS):
            connection.close()
            self.wanted.wait()
        sleep(EVERY_SECONDS)
        self.wanted.clear()
        journal = own.journal
        if journal is None or journal is not self.last:
            gather()
        else:
            _take_all(journal.id, journal.path)
        self.last = journal


def begin_anew() -> None:
    """In a process that has just begun: a forked child neither writes its parent's journal nor has its threads."""
    own.begin_anew(Collector().tell)


begin_anew()
os.register_at_fork(after_in_child=begin_anew)
