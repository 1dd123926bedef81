"""`huizhen crypto rotate`: seal anew, under the key and cipher in use, whatever older ones sealed.

Works in batches of one transaction each, passing rows that somebody else holds and coming back for them at the
end. It may be killed at any moment and started again: what is current is not touched twice, and old keys stay
on the ring until it reports that nothing is left.

Append-only tables are protected by triggers against exactly what is done here. The plain text does not change, so
this, and nothing else in the house, sets their protection aside, and only for its own statements; history tables
(pghistory) get no new line for the same reason.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pghistory.trigger
import pgtrigger
from django.apps import apps
from django.db import connection, models, transaction

from huizhen.kernel.crypto.fields import EncryptedField
from huizhen.kernel.crypto.sealed import place
from huizhen.kernel.crypto.sealing import Unreadable, current_header, decrypt, encrypt

BATCH = 500


@dataclass
class Rotation:
    """What a run did: cells sealed anew, rows left with old keys, and cells that do not open, by name."""

    done: int = 0
    left: int = 0
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """One table with encrypted columns. `bound` names the place of each, as its associated data does."""

    model: type[models.Model]
    name: str
    pk: str
    key: str
    columns: tuple[str, ...]
    bound: tuple[str, ...]


def tables() -> list[Table]:
    """Every managed table with encrypted columns, history tables included."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        sealed = [f for f in model._meta.local_concrete_fields if isinstance(f, EncryptedField)]
        if sealed and model._meta.managed and not model._meta.proxy:
            found.append(_table(model, sealed))
    return found


def command(write: Callable[[str], object]) -> int:
    """The command: rotate everything, tell what happened; the exit code is 1 while anything is left or unreadable."""
    result = Rotation()
    for table in tables():
        rotate(table, result)
        write(f"{table.name}: {result.done} cells sealed anew so far")
    for name in result.unreadable:
        write(f"does not open: {name}")
    write(f"done: {result.done} cells; rows left with an old key: {result.left}; unreadable: {len(result.unreadable)}")
    return 1 if result.left or result.unreadable else 0


def rotate(table: Table, result: Rotation, *, batch: int = BATCH) -> None:
    """Rotate one table: once passing over locked rows, once waiting for those that were passed over."""
    for skip_locked in (True, False):
        faults: list[str] = []
        after: Any = None
        while True:
            with transaction.atomic():
                rows = _next(table, after, batch, skip_locked=skip_locked)
                with _unprotected(table.model):
                    for row in rows:
                        result.done += _reseal(table, row, faults)
            if not rows:
                break
            after = rows[-1][0]
    result.unreadable += faults
    result.left += _count_old(table) - len({fault.rsplit(" ", 1)[1] for fault in faults})


def _table(model: type[models.Model], sealed: list[EncryptedField]) -> Table:
    meta = model._meta
    return Table(
        model=model,
        name=meta.db_table,
        pk=str(meta.pk.column),
        key=next(str(f.column) for f in meta.concrete_fields if f.attname == sealed[0].key_attribute),
        columns=tuple(str(f.column) for f in sealed),
        bound=tuple(f.bound_column for f in sealed),
    )


def _old(table: Table) -> tuple[str, list[Any]]:
    # An empty cell is a blank value; it holds nothing to seal.
    header = current_header()
    one = "(octet_length({0}) > 0 AND substring({0} FROM 1 FOR %s) <> %s)"
    clause = " OR ".join(one.format(_quoted(column)) for column in table.columns)
    return f"({clause})", [len(header), header] * len(table.columns)


def _next(table: Table, after: Any, batch: int, *, skip_locked: bool) -> list[tuple[Any, ...]]:
    clause, parameters = _old(table)
    wanted = ", ".join(_quoted(column) for column in (table.pk, table.key, *table.columns))
    if after is not None:
        clause, parameters = f"{clause} AND {_quoted(table.pk)} > %s", [*parameters, after]
    lock = "FOR UPDATE SKIP LOCKED" if skip_locked else "FOR UPDATE"
    sql = f"SELECT {wanted} FROM {_quoted(table.name)} WHERE {clause} ORDER BY {_quoted(table.pk)} LIMIT {batch} {lock}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _reseal(table: Table, row: tuple[Any, ...], faults: list[str]) -> int:
    pk, key, *cells = row
    header, changed = current_header(), {}
    for column, bound, cell in zip(table.columns, table.bound, cells, strict=True):
        if not cell or bytes(cell).startswith(header):
            continue
        at = place(bound, key if isinstance(key, UUID) else str(key))
        try:
            changed[column] = encrypt(decrypt(bytes(cell), bound=at), bound=at)
        except Unreadable:
            faults.append(f"{table.name}.{column} {pk}")
    if changed:
        sets = ", ".join(f"{_quoted(column)} = %s" for column in changed)
        sql = f"UPDATE {_quoted(table.name)} SET {sets} WHERE {_quoted(table.pk)} = %s"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql, [*changed.values(), pk])
    return len(changed)


def _count_old(table: Table) -> int:
    clause, parameters = _old(table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {_quoted(table.name)} WHERE {clause}", parameters)  # noqa: S608
        return int(cursor.fetchone()[0])


@contextmanager
def _unprotected(model: type[models.Model]) -> Iterator[None]:
    aside = [
        f"{model._meta.label}:{trigger.name}"
        for trigger in getattr(model._meta, "triggers", ())
        if isinstance(trigger, pgtrigger.Protect | pgtrigger.ReadOnly | pghistory.trigger.Event)
    ]
    if not aside:
        yield
        return
    with pgtrigger.ignore(*aside):
        yield


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
