"""Each entry of a bundle judged: taken, here already, or refused, with where and why. No database: what the record
holds is handed in."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from huizhen.kernel.late import Late
from huizhen.records.fhir import bundle, contents, rules, shapes
from huizhen.records.fhir.bundle import Addresses, BadBundle, Entry
from huizhen.records.fhir.person import Known, check_person

validation: Any = Late("huizhen.records.fhir.validation")

WHOLE = frozenset({"result", "hasMember"})  # what an entry is not itself without
TAKE, HERE, REFUSED, FILE = "take", "here", "refused", "file"


@dataclass(frozen=True)
class Verdict:
    """What becomes of one entry. `path`: where in it the fault is. `target`: the piece that is here already."""

    place: int
    kind: str
    title: str
    outcome: str
    code: str = ""
    path: str = ""
    url: str = ""
    target: str = ""

    def kept(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)


@dataclass
class Record:
    """What the record holds. `identifiers`: `Type|system|value` → key of the piece; `contents`: SHA-256 → document;
    `find_piece`: the piece brought in before under such an identifier or print; `is_elsewhere`: whether a study is
    another person's."""

    person: Known
    born_on: date
    today: date
    identifiers: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)
    find_piece: Callable[[str], str] = lambda _name: ""
    is_elsewhere: Callable[[str], bool] = lambda _uid: False


def judge(entries: list[Entry], record: Record) -> list[Verdict]:
    """A verdict on every entry, in their order.

    Raises:
        BadBundle: nothing can be taken, because the Patient is missing, is several, or is not this person.
    """
    patients = [entry for entry in entries if entry.kind == "Patient"]
    if len(patients) != 1:
        raise BadBundle("two_patients" if patients else "no_patient")
    if _fault(patients[0].resource):
        raise BadBundle("bad_patient")
    check_person(patients[0].resource, record.person)
    addresses = Addresses(entries)
    first = [_judge_one(entry, patients[0], addresses, record) for entry in entries]
    return _settle_files(entries, _propagate(entries, first, addresses), addresses)


def _judge_one(entry: Entry, patient: Entry, addresses: Addresses, record: Record) -> Verdict:
    made = Verdict(entry.place, entry.kind, title_of(entry.resource), TAKE, url=entry.url)
    if entry is patient:
        return replace(made, outcome=HERE)
    for check in (_check_type, _check_form):
        if found := check(entry, addresses):
            return replace(made, outcome=REFUSED, code=found[0], path=found[1])
    if entry.kind == "Binary":
        return replace(made, outcome=FILE)
    if found := _check_content(entry, patient, addresses, record):
        return replace(made, outcome=REFUSED, code=found[0], path=found[1])
    target = find_here(entry, addresses, record)
    return replace(made, outcome=HERE, target=target) if target else made


Fault = tuple[str, str] | None


def _check_type(entry: Entry, addresses: Addresses) -> Fault:
    if not entry.kind:
        return "no_type", ""
    if entry.url in addresses.repeated:
        return "duplicate_url", "fullUrl"
    if entry.kind == "Consent":
        return "consent", ""
    if entry.kind in rules.TAKEN or entry.kind == "Binary":
        return None
    edition = validation.knows(entry.kind)
    return {"r5": "r5_only", "": "unknown_type"}.get(edition, "not_taken"), "resourceType"


def _check_form(entry: Entry, _addresses: Addresses) -> Fault:
    return _fault(entry.resource)


def _fault(resource: dict[str, Any]) -> Fault:
    try:
        validation.check_resource(resource)
    except validation.Invalid as error:
        path, fault = error.faults[0]
        return rules.reason_of(fault), path
    return None


def _check_content(entry: Entry, patient: Entry, addresses: Addresses, record: Record) -> Fault:
    resource = entry.resource
    for name in ("status", "docStatus"):
        if resource.get(name) == "entered-in-error":
            return "entered_in_error", name
    return (
        _check_subject(entry, patient, addresses)
        or _check_references(resource, addresses)
        or _check_dates(resource, record)
        or (contents.check_document(resource, addresses) if entry.kind == "DocumentReference" else None)
        or (("other_study", "identifier") if _is_elsewhere(resource, record) else None)
    )


def _check_subject(entry: Entry, patient: Entry, addresses: Addresses) -> Fault:
    if entry.kind in rules.IMPERSONAL:
        return None
    for name in ("subject", "patient"):
        # The models let a null pass, which says nothing.
        if isinstance(named := entry.resource.get(name), dict):
            there = addresses.find(str(named.get("reference", "")))
            return None if there is patient else ("other_patient", name)
    return "no_subject", "subject"


def _many(resource: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = resource.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _check_references(resource: dict[str, Any], addresses: Addresses) -> Fault:
    inside = {f"#{one.get('id')}" for one in _many(resource, "contained")} | {"#"}
    for path, value in bundle.references(resource):
        reference = value["reference"]
        if reference in inside or bundle.is_outside(reference) or addresses.find(reference):
            continue
        return "dangling", path
    return None


def _check_dates(resource: dict[str, Any], record: Record) -> Fault:
    for path, text in bundle.dates(resource):
        # A year, or a year and a month, is compared by what it says.
        if text > (record.today + timedelta(days=1)).isoformat()[: len(text)]:
            return "future", path
        if text < record.born_on.isoformat()[: len(text)]:
            return "before_birth", path
    return None


def _is_elsewhere(resource: dict[str, Any], record: Record) -> bool:
    return resource["resourceType"] == "ImagingStudy" and any(record.is_elsewhere(uid) for uid in study_uids(resource))


def study_uids(resource: dict[str, Any]) -> list[str]:
    """The numbers by which archives know a study."""
    return [
        str(one.get("value", "")).removeprefix("urn:oid:")
        for one in _many(resource, "identifier")
        if one.get("system") == "urn:dicom:uid"
    ]


def find_here(entry: Entry, addresses: Addresses, record: Record) -> str:
    """The key of the piece that says this already: by an identifier, by the bytes, or word by word."""
    for one in identifiers_of(entry.resource):
        if found := record.identifiers.get(one) or record.find_piece(one):
            return found
    if entry.kind == "DocumentReference":
        digest = hashlib.sha256(contents.read(entry.resource, addresses)).hexdigest()
        return record.contents.get(digest, "")
    return record.find_piece(print_of(entry.resource))


def identifiers_of(resource: dict[str, Any]) -> list[str]:
    """The identifiers that name a piece, each with the type before it."""
    kind = resource["resourceType"]
    return [
        f"{kind}|{one.get('system', '')}|{one['value']}" for one in _many(resource, "identifier") if one.get("value")
    ]


def print_of(resource: dict[str, Any]) -> str:
    """What stands in a piece as one digest, for pieces that nobody numbered."""
    plain = {name: resource[name] for name in sorted(resource) if name not in ("id", "meta", "text")}
    return hashlib.sha256(shapes.encode(plain)).hexdigest()


def name_of(resource: dict[str, Any]) -> str:
    """The one name under which a piece is kept once: its first identifier, else its print."""
    return next(iter(identifiers_of(resource)), "") or print_of(resource)


def title_of(resource: dict[str, Any]) -> str:
    """What a person would call it; short."""
    for name in ("description", "name", "code", "vaccineCode", "medicationCodeableConcept", "type", "title"):
        value = _first(resource.get(name))
        if isinstance(value, dict):
            coding = _first(value.get("coding"))
            coded = coding.get("display") or coding.get("code") if isinstance(coding, dict) else ""
            value = value.get("text") or coded
        if isinstance(value, str) and value.strip():
            return value.strip()[:200]
    return ""


def _first(value: Any) -> Any:
    """Not looked at by the validator yet: anything may stand anywhere."""
    return value[0] if isinstance(value, list) and value else value


def _propagate(entries: list[Entry], found: list[Verdict], addresses: Addresses) -> list[Verdict]:
    """A report that loses one of its results is refused too, as often as it takes: half a report is a wrong report.
    Other references to what is refused are kept as words."""
    refused = {one.place for one in found if one.outcome == REFUSED}
    while True:
        further = {}
        for entry, one in zip(entries, found, strict=True):
            if one.outcome == TAKE:
                for path, value in bundle.references(entry.resource):
                    there = addresses.find(value["reference"])
                    if path.split(".")[0] in WHOLE and there is not None and there.place in refused:
                        further[one.place] = replace(one, outcome=REFUSED, code="depends", path=path)
                        break
        if not further:
            return found
        found = [further.get(one.place, one) for one in found]
        refused |= further.keys()


def _settle_files(entries: list[Entry], found: list[Verdict], addresses: Addresses) -> list[Verdict]:
    """A Binary is taken with its document; one that no document uses is named too."""
    used = set()
    for entry, one in zip(entries, found, strict=True):
        if entry.kind == "DocumentReference" and one.outcome in (TAKE, HERE):
            there = addresses.find(contents.url_in(entry.resource))
            used.add(there.place if there else 0)
    return [
        one if one.outcome != FILE or one.place in used else replace(one, outcome=REFUSED, code="loose_file")
        for one in found
    ]
