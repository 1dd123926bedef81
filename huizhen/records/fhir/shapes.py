"""Parts of FHIR resources, built from plain values; and how a bundle becomes bytes. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from huizhen.records.fhir import codes

Resource = dict[str, Any]
MEDIA_TYPE = "application/fhir+json"
NUMBER = re.compile(r"([<>≤≥]?)\s*([-+]?\d{1,15}(?:\.\d{1,10})?)")
SPAN = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*[-~～–]\s*([-+]?\d+(?:\.\d+)?)")
COMPARATORS = {"<": "<", ">": ">", "≤": "<=", "≥": ">="}


def url_of(key: UUID | str) -> str:
    """The full address of an entry in a bundle."""
    return f"urn:uuid:{key}"


def coded(system: str, code: str, display: str = "", text: str = "") -> Resource:
    """A concept by one code, with the words for people."""
    coding = {"system": system, "code": code, **({"display": display} if display else {})}
    return {"coding": [coding], **({"text": text} if text else {})}


def own_identifier(key: UUID | str) -> Resource:
    """Our key as an identifier: what was taken out is known again when it comes back."""
    return {"system": codes.URN, "value": url_of(key)}


def moment(at: datetime) -> str:
    """An instant, in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def quantity(text: str, unit: str = "") -> Resource | None:
    """A number with its comparator and unit, digit by digit as it was written; None where it is none."""
    found = NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    sign = {"comparator": COMPARATORS[found[1]]} if found[1] else {}
    return {"value": Decimal(found[2].lstrip("+")), **sign, **({"unit": unit} if unit else {})}


def value_of(text: str, unit: str = "") -> Resource:
    """The value of an observation: a quantity, or the words."""
    number = quantity(text, unit)
    return {"valueQuantity": number} if number else {"valueString": f"{text} {unit}".strip()}


def range_of(text: str) -> list[Resource]:
    """A reference range: its words, and its bounds where they are numbers."""
    if not text:
        return []
    found = SPAN.fullmatch(text.strip())
    bounds = {"low": {"value": Decimal(found[1])}, "high": {"value": Decimal(found[2])}} if found else {}
    return [{**bounds, "text": text}]


def mark_of(flag: str) -> Resource:
    """How a result lies to its range."""
    code = codes.FLAGS.get(flag, flag)
    return {"interpretation": [coded(codes.INTERPRETATION, code)]} if code else {}


def prune(value: Any, known: frozenset[str]) -> Any:
    """A value without references to what does not travel with it: the reader of the copy could not follow them, and
    they would tell of things the one who asked may not see."""
    if isinstance(value, list):
        return [kept for one in value if (kept := prune(one, known)) not in ({}, None)]
    if not isinstance(value, dict):
        return value
    target = value.get("reference")
    if isinstance(target, str) and target.startswith("urn:uuid:") and target not in known:
        value = {name: one for name, one in value.items() if name != "reference"}
    kept = {name: prune(one, known) for name, one in value.items()}
    return {name: one for name, one in kept.items() if one not in ({}, [], None)}


def encode(value: Any) -> bytes:
    """JSON in which a decimal keeps every digit: 5.10 is another result than 5.1 [FHIR R4, 2.24.0.1]."""
    return "".join(_pieces(value)).encode()


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield "{"
        for place, (name, one) in enumerate(value.items()):
            yield f"{',' if place else ''}{json.dumps(name)}:"
            yield from _pieces(one)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for place, one in enumerate(value):
            yield "," if place else ""
            yield from _pieces(one)
        yield "]"
    elif isinstance(value, Decimal):
        yield format(value, "f")
    else:
        yield json.dumps(value, ensure_ascii=False)
