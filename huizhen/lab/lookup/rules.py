"""What the look-up answers, made from the narrow rows. Pure: no database, no clock."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

# person, series, item, finding, version, collected and released in seconds since 1970.
Row = tuple[UUID, UUID, int, int, int, int, int]

NOTHING = b'{"results":[]}'
ENTRY = '{"item":%d,"finding":%d,"version":%d,"collected_at":%d,"released_at":%d}'


def sort_by_person(rows: Iterable[Any]) -> dict[bytes, list[Any]]:
    """The rows of a common read, apart again: each under the 16 bytes of its own person and nobody else's."""
    sorted_rows: dict[bytes, list[Any]] = {}
    for row in rows:
        sorted_rows.setdefault(row[0].bytes, []).append(row)
    return sorted_rows


def answer(rows: list[Any]) -> bytes:
    """JSON of one person's results, the latest release first. Of a series only the highest version counts."""
    if not rows:
        return NOTHING
    if len(rows) > 1:
        rows = _latest(rows)
    entries = ",".join([ENTRY % tuple(row)[2:] for row in rows])
    return f'{{"results":[{entries}]}}'.encode()


def _latest(rows: list[Any]) -> list[Any]:
    latest: dict[UUID, Any] = {}
    for row in rows:
        known = latest.get(row[1])
        if known is None or row[4] > known[4]:
            latest[row[1]] = row
    return sorted(latest.values(), key=_released, reverse=True)


def _released(row: Any) -> Any:
    return row[6], row[1]


def headers(origin: str) -> Mapping[str, str]:
    """What goes with every answer: nobody keeps it, only our own pages may read it across ports."""
    return {
        "content-type": "application/json",
        "cache-control": "no-store",
        "access-control-allow-origin": origin,
        "vary": "origin",
        "x-content-type-options": "nosniff",
    }
