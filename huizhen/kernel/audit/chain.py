"""The hash chain: entries are gathered into seals, and each seal's hash covers the one before.

Transactions commit out of order: an entry with a low id may appear after one with a high id was sealed. So only
what is certainly complete is sealed: entries whose transaction is older than every transaction still running
(`pg_snapshot_xmin`). Digests are keyed, so that who can write to the database alone cannot make a fitting chain.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from huizhen.kernel import crypto
from huizhen.kernel.audit.gathering import gather
from huizhen.kernel.audit.models import AuditSeal

COLUMNS = (
    "id",
    "at",
    "actor_id",
    "actor_name",
    "action",
    "subject_kind",
    "subject_id",
    "patient_id",
    "case_id",
    "organisation_id",
    "origin",
    "data",
    "xid",
)
SELECT = f"SELECT {', '.join(COLUMNS)} FROM kernel_auditentry WHERE "  # noqa: S608
DIGEST_BYTES = 32
GENESIS = b"\0" * DIGEST_BYTES
LARGEST_SEAL = 5000
ONE_SEALER = 0x5EA1  # advisory lock: two sealing jobs must not continue the same link


@dataclass(frozen=True)
class Start:
    """Where the next seal begins: after which entries and transactions, in which cluster."""

    number: int = 0
    hash: bytes = GENESIS
    cluster: str = ""
    base_id: int = 0
    below_xid: int = 0
    max_id: int = 0


def seal(at: datetime) -> int:
    """Job: bring in what was read, of processes that died too, and seal every entry that is certainly complete; returns
    how many. Two at a time do no harm."""
    gather()
    total = 0
    while True:
        with transaction.atomic():
            count, more = _seal_once(at)
        total += count
        if not more:
            return total


def digest(entry: tuple[Any, ...], algorithm: str) -> bytes:
    """The keyed digest (32 bytes) of one entry, its columns in the order of `COLUMNS`, in canonical JSON."""
    values = [_plain(value) for value in entry]
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return crypto.mac(text.encode(), purpose="audit/entry", cipher=algorithm)


def seal_hash(link: AuditSeal) -> bytes:
    """The keyed hash (32 bytes) of a seal: all its columns, each entry's digest, and the hash before."""
    head = [link.number, _plain(link.at), link.algorithm, link.cluster, link.base_id, link.from_xid]
    head += [link.below_xid, link.max_id, list(link.ids)]
    text = json.dumps(head, separators=(",", ":")).encode()
    return crypto.mac(
        text + b"\n" + bytes(link.digests) + bytes(link.previous), purpose="audit/seal", cipher=link.algorithm
    )


def select(where: str, parameters: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Entries as tuples in the order of `COLUMNS`; JSON columns as their stored text."""
    with connection.cursor() as cursor:
        cursor.execute(SELECT + where, list(parameters))
        return list(cursor.fetchall())


def _seal_once(at: datetime) -> tuple[int, bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_SEALER])
        cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
        cluster = cursor.fetchone()[0]
    start = _start(cluster)
    if start.cluster != cluster:
        return _begin_new_count(start, cluster, at), True
    base, since = start.base_id, start.below_xid
    below = _horizon(base, since)
    rows = select("id > %s AND xid >= %s AND xid < %s ORDER BY id", [base, since, below])
    if rows:
        _append(start, rows, at, cluster=cluster, base_id=base, from_xid=since, below_xid=below)
    return len(rows), len(rows) >= LARGEST_SEAL


def _start(cluster: str) -> Start:
    last = AuditSeal.objects.order_by("-number").first()
    if last is None:
        return Start(cluster=cluster)
    return Start(last.number, bytes(last.hash), last.cluster, last.base_id, last.below_xid, last.max_id)


def _horizon(base: int, since: int) -> int:
    """The transaction number below which everything is complete, or a lower one where a seal would grow too large."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        horizon = int(cursor.fetchone()[0])
        cursor.execute(
            "SELECT xid + 1 FROM kernel_auditentry WHERE id > %s AND xid >= %s AND xid < %s"
            " ORDER BY xid OFFSET %s LIMIT 1",
            [base, since, horizon, LARGEST_SEAL - 1],
        )
        full = cursor.fetchone()
    return int(full[0]) if full else horizon


def _begin_new_count(start: Start, cluster: str, at: datetime) -> int:
    """The database was restored into another cluster, which counts transactions anew: seal all that is there while
    nobody can write, and begin a new count after the highest id."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE kernel_auditentry IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(
            "SELECT coalesce(max(id), 0), pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM kernel_auditentry"
        )
        top, horizon = cursor.fetchone()
    rows = select("id > %s AND (xid >= %s OR id > %s) ORDER BY id", [start.base_id, start.below_xid, start.max_id])
    top = max(top, start.max_id)
    _append(start, rows, at, cluster=cluster, base_id=top, from_xid=start.below_xid, below_xid=horizon)
    return len(rows)


def _append(start: Start, rows: list[tuple[Any, ...]], at: datetime, **columns: Any) -> None:
    link = AuditSeal(
        number=start.number + 1,
        at=at,
        algorithm=settings.CIPHER,
        max_id=max([start.max_id, *(row[0] for row in rows)]),
        ids=[row[0] for row in rows],
        digests=b"".join(digest(row, settings.CIPHER) for row in rows),
        previous=start.hash,
        **columns,
    )
    link.hash = seal_hash(link)
    link.save(force_insert=True)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, int | str) else str(value)


__all__ = ["COLUMNS", "DIGEST_BYTES", "GENESIS", "digest", "seal", "seal_hash", "select"]
