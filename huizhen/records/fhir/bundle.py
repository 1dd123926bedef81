"""A bundle from elsewhere, read: bytes into entries, and references between them. Pure; nothing is trusted."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from huizhen.records.fhir.shapes import Resource

MOST_ENTRIES = 5_000
DEEPEST = 60  # levels; a questionnaire's answers need twenty
LONGEST_NUMBER = 40  # characters; 1e999999999 is short and would fill the memory when it is written out
TYPES = frozenset({"collection", "document", "searchset"})


class BadBundle(Exception):
    """Nothing of the file can be taken; the argument is a code of `rules.PROBLEMS`."""


@dataclass(frozen=True)
class Entry:
    """One entry: its place from 1, its full address, the resource in it (empty where there is none)."""

    place: int
    url: str
    resource: Resource

    @property
    def kind(self) -> str:
        """The type of the resource, as it names itself."""
        found = self.resource.get("resourceType", "")
        return found if isinstance(found, str) else ""


def read_bundle(data: bytes) -> list[Entry]:
    """The entries of a bundle.

    Raises:
        BadBundle: `xml`, `not_json`, `too_deep`, `not_bundle`, `bundle_type`, `empty_bundle` or `too_many`.
    """
    bundle = _parse(data)
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise BadBundle("not_bundle")
    if bundle.get("type") not in TYPES:
        raise BadBundle("bundle_type")
    found = bundle.get("entry")
    if not isinstance(found, list) or not found:
        raise BadBundle("empty_bundle")
    if len(found) > MOST_ENTRIES:
        raise BadBundle("too_many")
    return [_entry(place, one) for place, one in enumerate(found, 1)]


def _parse(data: bytes) -> Any:
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if data.startswith(b"<"):
        raise BadBundle("xml")
    try:
        parsed = json.loads(data.decode(), parse_float=_number, parse_constant=_refuse)
    except RecursionError as error:
        raise BadBundle("too_deep") from error
    except ValueError as error:
        raise BadBundle("not_json") from error
    if _is_deep(parsed):
        raise BadBundle("too_deep")
    return parsed


def _number(text: str) -> Decimal:
    found = Decimal(text)
    exponent = found.as_tuple().exponent
    if len(text) > LONGEST_NUMBER or not isinstance(exponent, int) or abs(exponent) > LONGEST_NUMBER:
        raise BadBundle("not_json")
    return found


def _refuse(_text: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _is_deep(parsed: Any) -> bool:
    """Level by level, without recursion of our own."""
    level, depth = [parsed], 0
    while level and depth <= DEEPEST:
        level = [one for holder in level for one in _inside(holder)]
        depth += 1
    return bool(level)


def _inside(holder: Any) -> list[Any]:
    inner = holder.values() if isinstance(holder, dict) else holder if isinstance(holder, list) else ()
    return [one for one in inner if isinstance(one, dict | list)]


def _entry(place: int, one: Any) -> Entry:
    held = one if isinstance(one, dict) else {}
    resource, url = held.get("resource"), held.get("fullUrl")
    return Entry(place, url if isinstance(url, str) else "", resource if isinstance(resource, dict) else {})


class Addresses:
    """Finds what a reference points to: by full address, or by type and id [FHIR R4, 2.36.4]."""

    def __init__(self, entries: list[Entry]) -> None:
        counted = Counter(entry.url for entry in entries if entry.url)
        self.repeated = frozenset(url for url, count in counted.items() if count > 1)
        self.by_url = {entry.url: entry for entry in entries if entry.url}
        self.by_id = {f"{entry.kind}/{entry.resource.get('id')}": entry for entry in entries if entry.kind}

    def find(self, reference: str) -> Entry | None:
        """The entry a reference names, if it is in the bundle."""
        plain = reference.partition("/_history/")[0]
        if found := self.by_url.get(plain):
            return found
        if plain.startswith("urn:"):
            return None
        return self.by_id.get("/".join(plain.split("/")[-2:]))


def references(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every reference inside a resource, with the path to it."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield path, value
        for name, one in value.items():
            yield from references(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from references(one, f"{path}.{place}")


def is_outside(reference: str) -> bool:
    """Whether a reference points to a server somewhere: kept as it stands, never followed."""
    return reference.startswith(("http://", "https://"))


def dates(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every date by which an entry says when something was, with its path. Ends of periods may lie ahead."""
    for name in WHEN:
        found = value.get(name)
        if isinstance(found, str):
            yield name, found[:10]
        elif isinstance(found, dict) and isinstance(found.get("start"), str):
            yield f"{name}.start", found["start"][:10]


WHEN = ("effectiveDateTime", "effectivePeriod", "issued", "date", "started", "authoredOn", "period",
        "performedDateTime", "performedPeriod", "occurrenceDateTime", "onsetDateTime", "recordedDate")  # fmt: skip
