"""Bringing what this machine's journals hold into the database: each line once, whoever is killed in between.

How far a journal is taken stands in the database and changes in the transaction that takes the lines, so any process
may take from any journal, the dead one's too, and several at once do no harm.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.db import DataError, connection, transaction

from huizhen.kernel import clock
from huizhen.kernel.audit.journal import COLUMNS, HOME, Journal, list_journals, own, read_lines
from huizhen.kernel.line import ask, put

log = logging.getLogger(__name__)
TAKE = f"COPY kernel_auditentry ({', '.join(COLUMNS)}) FROM STDIN"
TAKEN = f"SELECT taken FROM kernel_auditjournal WHERE id = %s AND home = {HOME} FOR UPDATE"  # noqa: S608 - a constant
TOOK = "UPDATE kernel_auditjournal SET taken = %s WHERE id = %s"
OVER = "UPDATE kernel_auditjournal SET over = true WHERE id = %s"
GONE = "DELETE FROM kernel_auditjournal WHERE id = %s"
BROKEN = """
INSERT INTO kernel_auditentry (at, actor_name, action, subject_kind, subject_id, data)
VALUES (%s, '', 'kernel.audit.broken', 'journal', %s, jsonb_build_object('lines', %s::int))
"""
AT_ONCE_BYTES = 1 << 18


@dataclass(frozen=True)
class Found:
    """The next lines of a journal: what they hold, those that are not sound, and where the lines behind them begin."""

    entries: list[bytes]
    broken: list[bytes]
    end: int


def gather() -> None:
    """Bring into the database what the journals of this machine hold now, one's own first."""
    mine = {one.id: one for one in own.every()}
    for key, path in sorted(list_journals(), key=lambda one: one[0] not in mine):
        try:
            take_all(key, path, mine.get(key))
        except OSError:  # one file that cannot be read keeps no other back
            log.exception("a journal of the audit cannot be read; it is kept", extra={"journal": str(key)})


@contextmanager
def open_journal(path: Path) -> Iterator[BinaryIO | None]:
    """The file, nothing where it was removed meanwhile."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        yield file


def _read(file: BinaryIO, start: int, most: int = -1) -> bytes:
    file.seek(start)
    return file.read(most)


def take_all(key: UUID, path: Path, mine: Journal | None) -> bool:
    """Take what there is; whether this database knows the journal."""
    size: int | None = AT_ONCE_BYTES
    # A block that is not half full was the end of what was there.
    while size is not None and size > AT_ONCE_BYTES // 2:
        size = _take(key, path, mine)
    return size is not None


def _take(key: UUID, path: Path, mine: Journal | None) -> int | None:
    """Take the next lines of a journal: how many bytes, nothing where this database does not know it."""
    with open_journal(path) as file, transaction.atomic():
        rows = ask(TAKEN, [key]) if file else [(0,)]
        if not file or not rows:
            return 0 if rows else None
        # Before the lines are read: what is not there when its process is gone never comes.
        is_over = mine is None and _is_over(file.fileno())
        [(taken,)] = rows
        found = _find(key, file, taken, mine.end if mine else None, is_over)
        _store(key, path, taken, found)
        if is_over and found.end == taken:
            put(OVER, [key])
            transaction.on_commit(partial(_remove, key, path))
        if mine:
            transaction.on_commit(partial(mine.is_taken, found.end))
        return found.end - taken


def _find(key: UUID, file: BinaryIO, start: int, end: int | None, is_over: bool) -> Found:
    """What stands in a journal from here. `end`: so far its own process has written. Of another's that is alive, what
    is not sound may just be on its way into the file. In a dead one's, whatever is not empty was a line."""
    if end is None and not is_over:
        return _find_sound(key, start, _read(file, start, AT_ONCE_BYTES).partition(b"\0")[0])
    block = _read(file, start, AT_ONCE_BYTES if end is None else min(AT_ONCE_BYTES, end - start))
    if is_over:
        # Behind a hole that a power cut has left there may be more.
        block = block.rstrip(b"\0") or _read(file, start).rstrip(b"\0")
    if len(block) == AT_ONCE_BYTES:
        block = block[: block.rfind(b"\n") + 1] or block
    lines = list(read_lines(key, start, block))
    entries = [entry for _end, _line, entry in lines if entry is not None]
    return Found(entries, [line for _end, line, entry in lines if entry is None], start + len(block))


def _find_sound(key: UUID, start: int, block: bytes) -> Found:
    """The lines up to the first that is not sound."""
    found = list(takewhile(lambda one: one[2] is not None, read_lines(key, start, block)))
    return Found([entry for _end, _line, entry in found if entry], [], found[-1][0] if found else start)


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


def _store(key: UUID, path: Path, start: int, found: Found) -> None:
    broken = [*found.broken]
    if found.entries and not _copy(found.entries):
        broken += [entry for entry in found.entries if not _copy([entry])]
    if broken:
        put_aside(key, path, start, broken)
    if found.end > start:
        put(TOOK, [found.end, key])


def _copy(entries: list[bytes]) -> bool:
    """Store entries; whether the database could read them."""
    try:
        with (
            transaction.atomic(),
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(TAKE) as copy,
        ):
            copy.write(b"".join(entry + b"\n" for entry in entries))
    except DataError:
        return False
    return True


def put_aside(key: UUID, path: Path, start: int, lines: list[bytes]) -> None:
    """Keep what is no entry beside the journal, and say so in the audit: it was torn, or somebody changed it."""
    log.error("lines of the audit's journal cannot be read", extra={"journal": str(key), "lines": len(lines)})
    aside = os.open(path.with_suffix(f".{start}.broken"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(aside, "wb") as kept:
        kept.write(b"".join(line + b"\n" for line in lines))
        kept.flush()
        os.fsync(kept.fileno())
    put(BROKEN, [clock.now(), str(key), len(lines)])
