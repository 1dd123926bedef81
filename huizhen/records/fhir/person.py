"""Whether the Patient of a bundle is the person of a record. By document number; never by name alone. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from huizhen.records.fhir import codes
from huizhen.records.fhir.bundle import BadBundle
from huizhen.records.patients.rules import check_identity, name_key, plain_number


@dataclass(frozen=True)
class Known:
    """A person as the record knows them, all joined records together: documents as kind and number, our own keys."""

    documents: frozenset[tuple[str, str]]
    keys: frozenset[str]
    names: frozenset[str]
    births: frozenset[date]


def check_person(resource: dict[str, Any], known: Known) -> None:
    """Raise BadBundle where this is not the person, or nobody can tell: `no_identity`, `wrong_number`,
    `another_person`, `name_differs`, `birth_differs`."""
    identifiers = [one for one in resource.get("identifier", []) if isinstance(one, dict)]
    documents = [found for one in identifiers if (found := read_document(one))]
    for kind, number in documents:
        if check_identity(kind, number):
            raise BadBundle("wrong_number")
    if documents and known.documents:
        if not known.documents & set(documents):
            raise BadBundle("another_person")
    elif not known.keys & {str(one.get("value")) for one in identifiers if one.get("system") == codes.URN}:
        # Somebody registered without a document is known by the number this house gave them.
        raise BadBundle("no_identity")
    _check_facts(resource, known.names, known.births)


def read_document(identifier: dict[str, Any]) -> tuple[str, str] | None:
    """Kind and number of an identity document; None for numbers of other sorts (record numbers, insurance)."""
    value = identifier.get("value")
    kind = codes.IDENTITY_OF.get(str(identifier.get("system", "")))
    coding = (identifier.get("type") or {}).get("coding") or [{}]
    if kind is None and any(one.get("code") in ("NI", "NNCHN") for one in coding):
        kind = "resident"
    return (kind, plain_number(value)) if kind and isinstance(value, str) else None


def _check_facts(resource: dict[str, Any], names: Collection[str], births: Collection[date]) -> None:
    said = [_name(one) for one in resource.get("name", [])]
    if said and not {name_key(name) for name in said if name} & {name_key(name) for name in names}:
        raise BadBundle("name_differs")
    born = str(resource.get("birthDate", ""))
    if len(born) == len("2000-01-01") and born not in {one.isoformat() for one in births}:
        raise BadBundle("birth_differs")


def _name(name: dict[str, Any]) -> str:
    """The whole name; Chinese systems often leave the text away and give the parts."""
    return str(name.get("text") or f"{name.get('family', '')}{''.join(name.get('given', []))}")
