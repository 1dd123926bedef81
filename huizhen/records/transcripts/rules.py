"""The table of a report: its items in plain forms, what their numbers say against their ranges, and what a person must
look at twice. Pure: no database, no picture."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from huizhen.records.transcripts import vocabulary
from huizhen.records.transcripts.characters import plain

FLAGS = ("", "high", "low", "abnormal")
DOUBTFUL = 0.9
MOST_ITEMS, LONGEST = 300, 120
PROBLEMS = ("died", "damaged", "too_slow", "nothing")
MOST_TRIES = 3
ZEROS = str.maketrans("Oo", "00")
LOOKALIKES = str.maketrans("OolI|", "00111")


@dataclass(frozen=True)
class Item:
    """One line of a laboratory report. `flag`: empty, `high`, `low` or `abnormal`. `page` from 1; `box` is where it
    stands on it, in pixels of the picture that was read, turned level about its upper left corner: left, top, right,
    bottom. `sure`: 0 to 1, of the least sure
    part. `doubts`: codes of why a person should look twice."""

    name: str
    value: str
    unit: str = ""
    range: str = ""
    flag: str = ""
    page: int = 1
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    sure: float = 1.0
    doubts: tuple[str, ...] = ()

    def kept(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)


def read_item(row: Mapping[str, Any]) -> Item:
    """An item as it was stored."""
    return Item(**{**row, "box": tuple(row["box"]), "doubts": tuple(row["doubts"])})


def plain_value(text: str) -> str:
    """A result: blanks inside a number closed, letters that look like digits taken for digits where all else is one."""
    text = plain(text)
    closed = re.sub(r"(?<=[\d.,<>≤≥])\s+(?=[\d.,])", "", text)
    guessed = closed.translate(LOOKALIKES)
    if re.search(r"\d", closed) and vocabulary.NUMBER.fullmatch(guessed):
        return guessed.replace(" ", "")
    return closed.replace(" ", "") if vocabulary.NUMBER.fullmatch(closed) else closed


def plain_unit(text: str) -> str:
    """A unit as it is written, whatever the machine or the printer made of it."""
    # Without the blank between them a letter and its accent are one character.
    text = unicodedata.normalize("NFC", plain(text).replace(" ", ""))
    for pattern, unit in vocabulary.UNITS:
        if found := pattern.fullmatch(text):
            return found.expand(unit)
    return text


def plain_range(text: str) -> str:
    """A reference range: `3.5-9.5`, `<5`, or the words that stand there."""
    text = plain(text)
    inner = text.strip("()[] ")
    tight = re.sub(r"(?<=[\d.])\s+(?=[\d.])", "", inner).translate(ZEROS)
    if found := vocabulary.SPAN.fullmatch(tight):
        return f"{found[1]}-{found[2]}"
    if found := vocabulary.BOUND.fullmatch(tight):
        return f"{found[1].replace('<=', '≤').replace('>=', '≥')}{found[2]}"
    return text


def plain_flag(text: str) -> str:
    """What a mark beside a result means; empty for none, and for what is no mark."""
    text = plain(text).replace(" ", "")
    for flag, pattern in (("high", vocabulary.HIGH), ("low", vocabulary.LOW), ("abnormal", vocabulary.ODD)):
        if pattern.fullmatch(text):
            return flag
    return ""


def judge(value: str, reference: str) -> str | None:
    """What a number says against its range: a flag, empty for within it, None where that cannot be told."""
    number = re.fullmatch(r"([<>≤≥]?)\s*([-+]?\d+(?:\.\d+)?)", value)
    if number is None:
        return None
    size = float(number[2])
    if span := vocabulary.SPAN.fullmatch(reference):
        low, high = float(span[1]), float(span[2])
    elif bound := vocabulary.BOUND.fullmatch(reference):
        low, high = (float("-inf"), float(bound[2])) if bound[1][0] in "<≤" else (float(bound[2]), float("inf"))
    else:
        return None
    # A result below the limit of the method (<0.5) can be low or within; it is never high.
    if number[1] in ("<", "≤"):
        return "" if size > low or low in (0.0, float("-inf")) else "low"
    if number[1] in (">", "≥"):
        return "" if size < high else "high"
    return "low" if size < low else "high" if size > high else ""


def complete(item: Item) -> Item:
    """An item in its plain forms, with the flag its number deserves and the doubts a person should look at."""
    value, flag = item.value, item.flag
    if found := vocabulary.VALUE_AND_FLAG.match(plain(value)):
        value, flag = found["value"], flag or found["flag"]
    value, unit, reference = plain_value(value), plain_unit(item.unit), plain_range(item.range)
    printed = flag if flag in FLAGS else plain_flag(flag)
    told = judge(value, reference)
    doubts = [code for code, holds in doubts_of(item.sure, value, reference, printed, told) if holds]
    return Item(
        plain(item.name).strip("*★☆▲ "), value, unit, reference, printed or told or "", item.page, item.box, item.sure,
        tuple(doubts),
    )  # fmt: skip


def doubts_of(sure: float, value: str, reference: str, printed: str, told: str | None) -> Iterable[tuple[str, bool]]:
    """Why a person should look twice at an item."""
    yield "unsure", sure < DOUBTFUL
    yield "no_value", not value
    yield "flag_differs", bool(told is not None and printed in ("high", "low") and printed != told)
    yield "range_unread", bool(re.search(r"\d", reference) and told is None and re.fullmatch(r"[\d.]+", value))


def check_items(items: Sequence[Item]) -> str | None:
    """The code of what is wrong with a table that somebody confirms, or None."""
    if not items:
        return "missing"
    if len(items) > MOST_ITEMS or any(len(text) > LONGEST for item in items for text in texts_of(item)):
        return "too_long"
    if any(not item.name or not item.value for item in items):
        return "half_a_line"
    return "unknown_choice" if any(item.flag not in FLAGS for item in items) else None


def texts_of(item: Item) -> tuple[str, str, str, str]:
    """What a person can write in a line."""
    return item.name, item.value, item.unit, item.range


def read_facts(lines: Iterable[str]) -> dict[str, str]:
    """What the head and foot of a report say of itself: name, sex, age, specimen, days (ISO), title."""
    found: dict[str, str] = {}
    for line in map(plain, lines):
        if "title" not in found and vocabulary.TITLE.search(line.replace(" ", "")) and len(line) < 40:
            found["title"] = line
        for field, pattern in vocabulary.FACTS:
            if field not in found and (hit := pattern.search(line)):
                found[field] = hit[1]
    days = {field: read_day(found.pop(field)) for field in ("sampled_on", "reported_on") if field in found}
    return found | {field: day.isoformat() for field, day in days.items() if day}


def read_day(text: str) -> date | None:
    """A day as reports print it, or None where there is no such day."""
    parts = [int(part) for part in re.findall(r"\d+", text)]
    try:
        return date(*parts[:3])
    except (TypeError, ValueError):
        return None
