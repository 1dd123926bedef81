"""Filling the catalogue with what ships."""

import tomllib
from importlib.resources import files
from typing import Any

from django.db import transaction

from huizhen.lab.catalogue.models import Coding, ControlTarget, Item, Panel, Range

SHIPPED = files("huizhen.lab.catalogue") / "shipped.toml"


def load_shipped() -> int:
    """Add the panels, items, ranges and codings of `shipped.toml` that are not there yet; returns how many panels
    were new. What an operator has changed stays as it is."""
    shipped = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    with transaction.atomic():
        return sum(_add_panel(panel) for panel in shipped["panel"])


def _add_panel(given: dict[str, Any]) -> bool:
    values = {key: given[key] for key in ("name_zh", "name_en", "specimen")} | {
        "poolable": given.get("poolable", False)
    }
    panel, is_new = Panel.objects.get_or_create(code=given["code"], defaults=values)
    for item in given["item"]:
        _add_item(panel, item)
    return is_new


def _add_item(panel: Panel, given: dict[str, Any]) -> None:
    plain = {key: value for key, value in given.items() if key not in ("code", "range", "coding", "control")}
    item, is_new = Item.objects.get_or_create(code=given["code"], defaults={"panel": panel, **plain})
    if not is_new:
        return
    Range.objects.bulk_create(Range(item=item, **values) for values in given.get("range", ()))
    Coding.objects.bulk_create(Coding(item=item, **values) for values in given.get("coding", ()))
    ControlTarget.objects.bulk_create(ControlTarget(item=item, **values) for values in given.get("control", ()))
