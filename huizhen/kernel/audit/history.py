"""What became of one thing: the entries that say what stood there before, for whoever keeps that thing.

An entry belongs to the history when its data has the key `changed`: each field's name with the old and the new value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from huizhen.kernel.audit.models import CHANGED, AuditEntry

MOST = 50


@dataclass(frozen=True)
class Change:
    """One act on a thing. `fields`: name of the field, before, after, as JSON has them; `data`: what else was noted."""

    at: datetime
    actor_name: str
    action: str
    organisation_id: UUID | None
    fields: tuple[tuple[str, Any, Any], ...]
    data: dict[str, Any]


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What differs between two states of a thing, for `record(…, data={"changed": …})`: name to old and new value.

    Neither may hold health data, nor anything that is sealed in the database.
    """
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


def list_history(*subjects: tuple[str, object], most: int = MOST) -> list[Change]:
    """What was done to these things (kind and key), the latest first. The caller has checked that they may be seen."""
    # One statement for each: so the partial index finds what was done to one thing, and nothing else is read.
    rows = [row for kind, key in subjects for row in _latest(kind, key)[:most]]
    return [_read(row) for row in sorted(rows, key=attrgetter("id"), reverse=True)[:most]]


def _latest(kind: str, key: object) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.filter(subject_kind=kind, subject_id=str(key), data__has_key=CHANGED)
    return found.order_by("-id")


def _read(row: AuditEntry) -> Change:
    data = dict(row.data or {})
    changed = data.pop(CHANGED)
    fields = tuple((name, before, after) for name, (before, after) in changed.items())
    return Change(row.at, row.actor_name, row.action, row.organisation_id, fields, data)
