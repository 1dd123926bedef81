"""The items of an opinion template in words, and what differs between two states of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from huizhen.console.centre.opinion_forms import KINDS

NOTHING = "—"
Items = Sequence[Mapping[str, Any]]


def compare_items(before: Items | None, after: Items | None) -> list[tuple[Any, str, str]]:
    """What differs: an item's name, how it was asked, how it is asked; a dash where it is not. Last their order, where
    the same items stand in another one."""
    old, new = ({item["key"]: item for item in items or ()} for items in (before, after))
    told: list[tuple[Any, str, str]] = [
        (_label(new.get(key) or old[key]), _say(old.get(key)), _say(new.get(key)))
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]
    kept = [key for key in old if key in new]
    if kept != (now := [key for key in new if key in old]):
        told.append((_("Order of the items"), _list(old, kept), _list(new, now)))
    return told


def _say(item: Mapping[str, Any] | None) -> str:
    if item is None:
        return NOTHING
    parts = [f"{item['label']} / {item['label_en']}", str(dict(KINDS).get(item["kind"], item["kind"]))]
    if item.get("choices"):
        parts.append(", ".join(_label(one) for one in item["choices"]))
    if item["kind"] == "number":
        parts.append(_bounds(item))
    if item.get("required"):
        parts.append(_("Needed for signing"))
    return " · ".join(part for part in parts if part)


def _bounds(item: Mapping[str, Any]) -> str:
    least, most = item.get("least"), item.get("most")
    span = (
        "" if least is None and most is None else f"{'' if least is None else least} – {'' if most is None else most}"
    )
    return f"{span.strip()} {item.get('unit', '')}".strip()


def _label(named: Mapping[str, Any]) -> str:
    return str(named["label_en" if (get_language() or "").startswith("en") else "label"])


def _list(items: Mapping[str, Mapping[str, Any]], keys: list[str]) -> str:
    return ", ".join(_label(items[key]) for key in keys)
