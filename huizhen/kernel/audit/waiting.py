"""What this machine's journals hold that the database does not, and journals that are not where they should be."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from huizhen.kernel import clock
from huizhen.kernel.audit.gathering import open_journal
from huizhen.kernel.audit.journal import HOME, SUM_DIGITS, here, list_journals
from huizhen.kernel.line import ask

KNOWN = f"SELECT id, taken FROM kernel_auditjournal WHERE home = {HOME}"  # noqa: S608 - a constant
# One that nothing was taken from yet may never have begun.
MISSING = f"""
SELECT id FROM kernel_auditjournal WHERE home = {HOME} AND place = %s AND taken > 0 AND NOT over AND id <> ALL(%s)
"""  # noqa: S608 - a constant
ELSEWHERE = f"""
SELECT place, count(*) FROM kernel_auditjournal WHERE home = {HOME} AND place NOT IN ('', %s) AND NOT over
 GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - a constant
ADOPT = f"""
UPDATE kernel_auditjournal SET home = {HOME}, place = %s WHERE id = ANY(%s) AND home <> {HOME} RETURNING id
"""  # noqa: S608 - a constant


@dataclass(frozen=True)
class Waiting:
    """A journal that is not taken whole: how many bytes, and how long the oldest have waited. `known`: to this
    database; another one's is never taken here."""

    id: UUID
    size: int
    seconds: float
    known: bool


def list_waiting() -> list[Waiting]:
    """What is not in the database yet, and for how long."""
    taken: dict[UUID, int] = {row[0]: row[1] for row in ask(KNOWN, [])}
    return [found for key, path in list_journals() for found in _waiting(key, path, taken.get(key))]


def list_missing() -> list[UUID]:
    """The journals whose file was taken away from here before they were over: their last reads may be lost."""
    return [key for (key,) in ask(MISSING, [here(), [key for key, _path in list_journals()]])]


def list_elsewhere() -> list[tuple[str, int]]:
    """Where else journals of this database lie, and how many: on other machines, or ones that are no more."""
    return [(place, count) for place, count in ask(ELSEWHERE, [here()])]


def adopt() -> int:
    """Let this database take from the journals here that it knows from another one, whose copy it is; how many.

    For a database that was restored in the place of one that is gone: what the lost one took since its copy was made
    is not in these files any more.
    """
    return len(ask(ADOPT, [here(), [key for key, _path in list_journals()]]))


def _waiting(key: UUID, path: Path, taken: int | None) -> Iterator[Waiting]:
    now, known = clock.now().timestamp(), taken is not None
    try:
        with open_journal(path) as file:
            if not file:
                return
            file.seek(taken or 0)
            left = file.read().rstrip(b"\0")
            since = _written_at(left) or os.fstat(file.fileno()).st_mtime
    except PermissionError:  # another account's: nobody here can say how much of it waits
        yield Waiting(key, path.stat().st_size, now - path.stat().st_mtime, known)
        return
    if left:
        yield Waiting(key, len(left), max(0.0, now - since), known)


def _written_at(line: bytes) -> float | None:
    """When the entry of a line was written down, in seconds since 1970; nothing where the line does not say."""
    try:
        return datetime.fromisoformat(line[SUM_DIGITS + 1 :].partition(b"\t")[0].decode()).timestamp()
    except ValueError:
        return None
