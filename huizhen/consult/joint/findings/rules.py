"""Structured findings: whether a template's items make sense, what was answered, and how it reads. No database."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

NAMES = ("code", "label", "label_en")
KINDS = ("choice", "several", "number", "text")
KEY = re.compile(r"[a-z][a-z0-9_]{0,30}")
LONGEST_LINE = 200
LONGEST_LABEL = 80
MOST_ITEMS = 40


class BadTemplate(ValueError):
    """A template's items contradict themselves; the message names the item."""


class BadAnswer(ValueError):
    """An answer does not fit its item; `key` names it, `code` says why: not_a_choice, not_a_number, out_of_range."""

    def __init__(self, key: str, code: str) -> None:
        super().__init__(f"{key}: {code}")
        self.key, self.code = key, code


def check_items(items: Any) -> None:
    """Whether items can be asked: a list of `{"key", "kind", "label", "label_en"}`; a `choice` or `several` has
    `choices` of `{"code", "label", "label_en"}`, a `number` may have `unit`, `least` and `most`. Any may be `required`
    for signing.

    Raises:
        BadTemplate.
    """
    if not isinstance(items, list) or not items or len(items) > MOST_ITEMS:
        raise BadTemplate(f"a list of 1 to {MOST_ITEMS} items is needed")
    seen: set[str] = set()
    for place, item in enumerate(items, 1):
        if not isinstance(item, Mapping) or not KEY.fullmatch(str(item.get("key", ""))):
            raise BadTemplate(f"item {place}: key")
        if item["key"] in seen:
            raise BadTemplate(f"item {place}: {item['key']} is there twice")
        seen.add(item["key"])
        if item.get("kind") not in KINDS or not item.get("label") or not item.get("label_en"):
            raise BadTemplate(f"item {place}: kind, label and label_en")
        if item["kind"] in ("choice", "several") and not _are_choices(item.get("choices", [])):
            raise BadTemplate(f"item {place}: choices")
        if item["kind"] == "number" and not _are_bounds(item.get("least"), item.get("most")):
            raise BadTemplate(f"item {place}: bounds")


def list_unanswered(items: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of the required items that `rows` (of `read_answers`) leaves open."""
    answered = {row["key"] for row in rows}
    return [item["key"] for item in items if item.get("required") and item["key"] not in answered]


def read_answers(items: Iterable[Mapping[str, Any]], answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was answered, with the labels of today, so that a template may change without changing what was said.
    Items without an answer are left out.

    Raises:
        BadAnswer.
    """
    rows = []
    for item in items:
        given = answers.get(item["key"])
        values = [
            str(one).strip() for one in (given if isinstance(given, list | tuple) else [given]) if one not in (None, "")
        ]
        values = [value for value in values if value]
        if not values:
            continue
        shown, shown_en = _show(item, values)
        rows.append(
            {
                "key": item["key"], "label": item["label"], "label_en": item["label_en"], "values": values,
                "shown": shown, "shown_en": shown_en,
            }
        )  # fmt: skip
    return rows


def write_lines(structured: Mapping[str, Any]) -> str:
    """Structured findings as the report prints them and the expert signs them: one line an item, in Chinese."""
    return "\n".join(f"{row['label']}：{row['shown']}" for row in structured.get("rows", ()))


def join_findings(structured: Mapping[str, Any], words: str) -> str:
    """The items first, then what the expert wrote freely."""
    return "\n".join(part for part in (write_lines(structured), words) if part.strip())


def lay_side_by_side(opinions: Sequence[Mapping[str, Any]], *, english: bool) -> list[dict[str, Any]]:
    """Structured findings of several opinions as rows: label, each opinion's answer, and whether answers differ.

    An opinion that leaves an item out does not differ in it.
    """
    labels: dict[str, str] = {}
    cells: dict[str, dict[int, str]] = {}
    for place, structured in enumerate(opinions):
        for row in structured.get("rows", ()):
            labels.setdefault(row["key"], row["label_en" if english else "label"])
            cells.setdefault(row["key"], {})[place] = row["shown_en" if english else "shown"]
    return [
        {
            "label": label, "cells": [cells[key].get(place, "") for place in range(len(opinions))],
            "differs": len(set(cells[key].values())) > 1,
        }
        for key, label in labels.items()
    ]  # fmt: skip


def _are_choices(choices: Any) -> bool:
    return (
        isinstance(choices, list)
        and len(choices) > 1
        and all(
            isinstance(one, Mapping) and one.get("code") and one.get("label") and one.get("label_en") for one in choices
        )
        and len({one["code"] for one in choices}) == len(choices)
    )


def _are_bounds(least: Any, most: Any) -> bool:
    numbers = [bound for bound in (least, most) if bound is not None]
    return all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers) and (
        len(numbers) < 2 or numbers[0] < numbers[1]
    )


def _show(item: Mapping[str, Any], values: list[str]) -> tuple[str, str]:
    if item["kind"] in ("choice", "several"):
        by_code = {one["code"]: one for one in item["choices"]}
        if any(value not in by_code for value in values) or (item["kind"] == "choice" and len(values) > 1):
            raise BadAnswer(item["key"], "not_a_choice")
        return "、".join(by_code[v]["label"] for v in values), ", ".join(by_code[v]["label_en"] for v in values)
    if item["kind"] == "number":
        unit = f" {item['unit']}" if item.get("unit") else ""
        shown = f"{_number(item, values[0])}{unit}"
        return shown, shown
    line = " ".join(values[0].split())[:LONGEST_LINE]
    return line, line


def _number(item: Mapping[str, Any], text: str) -> str:
    try:
        value = Decimal(text.replace("，", ".").replace("。", "."))
    except InvalidOperation as error:
        raise BadAnswer(item["key"], "not_a_number") from error
    if not value.is_finite():
        raise BadAnswer(item["key"], "not_a_number")
    least, most = item.get("least"), item.get("most")
    if (least is not None and value < Decimal(str(least))) or (most is not None and value > Decimal(str(most))):
        raise BadAnswer(item["key"], "out_of_range")
    return f"{value.normalize():f}"
