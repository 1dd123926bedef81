"""A result from elsewhere, read for people. Pure."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from huizhen.records.fhir import codes


@dataclass(frozen=True)
class Result:
    """One line: `flag` is empty, `high`, `low` or `abnormal`."""

    name: str
    value: str
    unit: str
    range: str
    flag: str

    @property
    def text(self) -> str:
        """The line as one text."""
        return f"{self.name} {self.value} {self.unit}".strip()


def list_result_keys(content: dict[str, Any]) -> list[UUID]:
    """The pieces that a report, or an observation with members, holds."""
    held = [*(content.get("result") or []), *(content.get("hasMember") or [])]
    names = [str(one.get("reference", "")) for one in held]
    return [UUID(name.removeprefix("urn:uuid:")) for name in names if name.startswith("urn:uuid:")]


def read_result(content: dict[str, Any]) -> Result:
    """What an observation says."""
    value, unit = _value(content)
    marks = [coding.get("code") for one in content.get("interpretation") or [] for coding in one.get("coding") or []]
    flag = next((codes.FLAG_OF[mark] for mark in marks if mark in codes.FLAG_OF), "")
    return Result(words(content.get("code")), value, unit, _range(content.get("referenceRange") or []), flag)


def words(concept: Any) -> str:
    """A concept for people: its text, else what its code is called, else the code."""
    if not isinstance(concept, dict):
        return ""
    coding = (concept.get("coding") or [{}])[0]
    return str(concept.get("text") or coding.get("display") or coding.get("code") or "")


def _value(content: dict[str, Any]) -> tuple[str, str]:
    if quantity := content.get("valueQuantity"):
        return _number(quantity), str(quantity.get("unit") or quantity.get("code") or "")
    if "valueCodeableConcept" in content:
        return words(content["valueCodeableConcept"]), ""
    for name in ("valueString", "valueInteger", "valueBoolean", "valueDateTime"):
        if name in content:
            return str(content[name]), ""
    return words(content.get("dataAbsentReason")), ""


def _number(quantity: dict[str, Any]) -> str:
    return f"{quantity.get('comparator', '')}{quantity.get('value', '')}"


def _range(ranges: list[dict[str, Any]]) -> str:
    if not ranges:
        return ""
    first = ranges[0]
    low, high = (_number(first[name]) if name in first else "" for name in ("low", "high"))
    bounds = f"{low}-{high}" if low and high else f"≥{low}" if low else f"≤{high}" if high else ""
    return str(first.get("text") or bounds)


def list_words(content: dict[str, Any]) -> list[str]:
    """What else an entry says in words: conclusion, notes, reason, dose."""
    found = [str(content.get(name) or "") for name in ("conclusion", "description")]
    found += [str(one.get("text") or "") for one in content.get("note") or []]
    found += [words(one) for one in content.get("reasonCode") or []]
    found += [str(one.get("text") or "") for one in content.get("dosage") or content.get("dosageInstruction") or []]
    return [text for text in dict.fromkeys(found) if text.strip()]
