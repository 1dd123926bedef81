"""What stood in a row of master data before: read from the tables that the database's triggers fill."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps

TABLES = frozenset({"contract", "paneltemplate", "panelrule"})
MOST = 20


@dataclass(frozen=True)
class Change:
    """One version: since when, and what it changed, as (name of the field, before, after)."""

    at: datetime
    made: bool
    fields: list[tuple[str, Any, Any]]


def list_changes(table: str, key: Any, *, most: int = MOST) -> list[Change]:
    """The versions of a row of one of `TABLES`, the latest first."""
    model = apps.get_model("consult", f"{table}event") if table in TABLES else None
    if model is None:
        return []
    rows = list(model.objects.filter(pgh_obj_id=key).order_by("pgh_id"))
    names = [field for field in model._meta.concrete_fields if not field.name.startswith("pgh_") and field.name != "id"]
    found, before = [], None
    for row in rows:
        changed = [
            (str(field.verbose_name), getattr(before, field.attname, None), getattr(row, field.attname))
            for field in names
            if before is not None and getattr(before, field.attname) != getattr(row, field.attname)
        ]
        if before is None or changed:
            found.append(Change(row.pgh_created_at, before is None, changed))
        before = row
    return found[::-1][:most]
