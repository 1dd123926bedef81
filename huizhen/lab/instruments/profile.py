"""Instrument profiles: versioned TOML that says where things stand in a message. Parsed once, checked whole.

A path is `OBX-5`, `SPM-2.1`, `SPM-2.1.2`: segment or record, field, component, subcomponent, counted as the standards
count. A list of paths is tried in order, and the first that holds something wins.
"""

import re
import tomllib
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
SHIPPED = Path(__file__).parent / "profiles"
PROTOCOLS = ("hl7", "astm", "text", "sheet")
FRAMINGS = {"hl7": ("mllp", "mllp2"), "astm": ("astm", "records"), "text": ("text",), "sheet": ("file",)}
PATH = re.compile(r"^([A-Z][A-Z0-9]{0,2})-(\d{1,3})(?:\.(\d{1,2}))?(?:\.(\d{1,2}))?$")
CANCELS = {"hl7": "CA", "astm": "C"}
FAILURES = ("ERROR", "INVALID", "NO RESULT", "NORESULT", "ABORTED", "FAILED")
# The groups without which a pattern finds nothing that can be read.
GROUPS = {"specimen": {"specimen"}, "results": {"test"}, "measured": {"year", "month", "day"}}
SECTIONS = {"link", "specimen", "test", "value", "flags", "status", "kind", "skip", "text", "sheet", "orders", "again"}


class BadProfile(ValueError):
    """A profile cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Spot:
    """One place in a message."""

    segment: str
    number: int
    component: int = 1
    sub: int = 1


@dataclass(frozen=True)
class KindRule:
    """Whose values a message holds, by one field. With `patient` given, anything unlisted is nobody's."""

    spot: Spot
    control: frozenset[str] = frozenset()
    calibration: frozenset[str] = frozenset()
    patient: frozenset[str] | None = None


@dataclass(frozen=True)
class Profile:
    """One version of how to read one kind of instrument."""

    name: str
    version: int
    title: str
    protocol: str
    link: dict[str, Any]
    specimen: tuple[Spot, ...] = ()
    test: tuple[Spot, ...] = ()
    joins: bool = False
    test_strip: str = ""
    names: tuple[Spot, ...] = ()
    value: tuple[Spot, ...] = ()
    unset: frozenset[str] = frozenset()
    unit: tuple[Spot, ...] = ()
    decimal: str = "."
    thousands: str = ""
    has_power: bool = False
    failures: frozenset[str] = frozenset(FAILURES)
    keeps_empty: bool = True
    flags: tuple[Spot, ...] = ()
    unflagged: frozenset[str] = frozenset()
    flags_in_comments: bool = False
    status: tuple[Spot, ...] = ()
    statuses: dict[str, str] = field(default_factory=dict)
    needs_status: bool = False
    measured: tuple[Spot, ...] = ()
    kinds: tuple[KindRule, ...] = ()
    skipped_tests: tuple[str, ...] = ()
    skipped_types: frozenset[str] = frozenset()
    zone: ZoneInfo = CHINA
    text: dict[str, Any] = field(default_factory=dict)
    sheet: dict[str, Any] = field(default_factory=dict)
    orders: dict[str, Any] = field(default_factory=dict)
    again: dict[str, Any] = field(default_factory=dict)
    owner: UUID | None = None

    @property
    def label(self) -> str:
        """Name and version, as people read it. Another organisation's version may have the same."""
        return f"{self.name}@{self.version}"

    @property
    def read_as(self) -> str:
        """Name, version and whose it is, as stored with what it read; nobody's where it comes with the product."""
        return f"{self.label}:{self.owner}" if self.owner else self.label

    @property
    def cancel_code(self) -> str:
        """How orders that were sent are called off: ORC-1 (HL7 table 0119), O-12 (E1394 9.4.12); empty where the device
        does not understand it."""
        return str(self.orders.get("cancel", CANCELS.get(self.protocol, "")))

    @property
    def asks(self) -> str:
        """How results are asked for once more: by a `question`, by the `orders` sent again, or not at all."""
        return str(self.again.get("by", ""))

    def skips(self, test: str) -> bool:
        """Whether readings of this test are left out: pictures, histograms."""
        return any(fnmatchcase(test, pattern) for pattern in self.skipped_tests)


HL7 = {
    "specimen": {"from": ["SPM-2.1.1", "SPM-2.2.1", "SAC-3", "OBR-3", "OBR-2"]},
    "test": {"from": ["OBX-3.1", "OBX-3.4"], "name": ["OBX-3.2", "OBX-3.5"]},
    "value": {"from": ["OBX-5"], "unit": ["OBX-6"], "measured": ["OBX-19", "OBX-14", "OBR-22", "OBR-7"]},
    "flags": {"from": ["OBX-8"]},
    "status": {"from": ["OBX-11"], "F": "final", "": "final", "C": "corrected", "P": "preliminary", "R": "preliminary",
               "S": "preliminary", "I": "preliminary", "X": "failed", "W": "failed", "D": "failed", "U": "final"},
    "kind": {"rules": [
        {"from": "SPM-11", "control": ["Q", "B", "E", "F", "O"], "calibration": ["C"]},
        {"from": "MSH-11", "control": ["D", "T"]},
    ]},
    "skip": {"types": ["ED", "RP"]},
}  # fmt: skip
ASTM = {
    "specimen": {"from": ["O-3"]},
    "test": {"from": ["R-3.4"], "name": ["R-3.5"]},
    "value": {"from": ["R-4"], "unit": ["R-5"], "measured": ["R-13", "O-23", "O-7"]},
    "flags": {"from": ["R-7"]},
    "status": {"from": ["R-9"], "F": "final", "": "final", "V": "final", "Q": "final", "R": "final", "C": "corrected",
               "P": "preliminary", "I": "preliminary", "S": "preliminary", "W": "preliminary", "N": "preliminary",
               "X": "failed"},
    "kind": {"rules": [
        {"from": "H-12", "control": ["Q", "T", "D"]},
        {"from": "O-12", "control": ["Q"]},
    ]},
}  # fmt: skip
DEFAULTS: dict[str, dict[str, Any]] = {"hl7": HL7, "astm": ASTM, "text": {}, "sheet": {}}


def parse_profile(text: str) -> Profile:
    """A profile of its text.

    Raises:
        BadProfile: it is no TOML, a path is none, a name is unknown, or something that must be there is missing.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadProfile(f"not TOML: {error}") from error
    protocol = given.get("protocol")
    if protocol not in PROTOCOLS:
        raise BadProfile(f"protocol must be one of {', '.join(PROTOCOLS)}")
    unknown = set(given) - SECTIONS - {"name", "version", "title", "protocol", "zone"}
    if unknown:
        raise BadProfile(f"unknown: {', '.join(sorted(unknown))}")
    if not isinstance(given.get("name"), str) or not isinstance(given.get("version"), int):
        raise BadProfile("name (text) and version (number) must be given")
    return _build(given, protocol)


def new_profile(text: str) -> Profile:
    """As `parse_profile`, of a text that is to be put into use: its patterns must name what is read of them. What is in
    use already is read as far as it goes."""
    profile = parse_profile(text)
    for name, wanted in GROUPS.items():
        given = profile.text.get(name, [])
        for pattern in given if isinstance(given, list) else [given]:
            if missing := wanted - pattern.groupindex.keys():
                raise BadProfile(f"text.{name} lacks the group {', '.join(sorted(missing))}")
    return profile


def own_profile(text: str, owner: UUID) -> Profile:
    """As `parse_profile`, of a version that belongs to an organisation."""
    return replace(parse_profile(text), owner=owner)


def _build(given: dict[str, Any], protocol: str) -> Profile:
    part = {name: {**DEFAULTS[protocol].get(name, {}), **given.get(name, {})} for name in SECTIONS}
    test, value, flags, status = part["test"], part["value"], part["flags"], part["status"]
    link = {"framing": FRAMINGS[protocol][0], **part["link"]}
    if link["framing"] not in FRAMINGS[protocol]:
        raise BadProfile(f"link.framing must be one of {', '.join(FRAMINGS[protocol])}")
    rules = [*DEFAULTS[protocol].get("kind", {}).get("rules", ()), *given.get("kind", {}).get("rules", ())]
    return Profile(
        name=given["name"], version=given["version"], title=str(given.get("title", given["name"])), protocol=protocol,
        link=link, specimen=_spots(part["specimen"].get("from")), test=_spots(test.get("from")),
        joins=bool(test.get("join", False)), test_strip=str(test.get("strip", "")), names=_spots(test.get("name")),
        value=_spots(value.get("from")), unset=frozenset(value.get("unset", ())), unit=_spots(value.get("unit")),
        decimal=value.get("decimal", "."), thousands=value.get("thousands", ""), has_power=bool(value.get("power")),
        failures=frozenset(word.upper() for word in value.get("failures", FAILURES)),
        keeps_empty=value.get("empty", "failed") != "skip", measured=_spots(value.get("measured")),
        flags=_spots(flags.get("from")), unflagged=frozenset(flags.get("unflagged", ())),
        flags_in_comments=bool(flags.get("comments")), status=_spots(status.get("from")),
        statuses={code: word for code, word in status.items() if code not in ("from", "required")},
        needs_status=bool(status.get("required")),
        kinds=tuple(_kind_rule(rule) for rule in rules), skipped_tests=tuple(part["skip"].get("tests", ())),
        skipped_types=frozenset(part["skip"].get("types", ())), zone=ZoneInfo(given.get("zone", "Asia/Shanghai")),
        text=_patterns(part["text"]), sheet=part["sheet"], orders=part["orders"],
        again=_again(given.get("again", {}), protocol),
    )  # fmt: skip


def _spots(paths: Any) -> tuple[Spot, ...]:
    return tuple(spot(path) for path in ([paths] if isinstance(paths, str) else paths or ()))


def spot(path: str) -> Spot:
    """A path as written in a profile. Raises BadProfile."""
    found = PATH.match(path)
    if not found:
        raise BadProfile(f"{path!r} is no path such as OBX-5 or SPM-2.1")
    return Spot(found[1], int(found[2]), int(found[3] or 1), int(found[4] or 1))


def _kind_rule(rule: dict[str, Any]) -> KindRule:
    if "from" not in rule:
        raise BadProfile("each of kind.rules needs `from`")
    patient = frozenset(rule["patient"]) if "patient" in rule else None
    return KindRule(
        spot(rule["from"]), frozenset(rule.get("control", ())), frozenset(rule.get("calibration", ())), patient
    )


def _again(given: dict[str, Any], protocol: str) -> dict[str, Any]:
    found = {"by": "", "within": 10, "status": "F", "message": "QRY^R02", "name": "", **given}
    if found["by"] not in ("", "question", "orders"):
        raise BadProfile("again.by must be question or orders")
    if found["by"] and protocol not in ("hl7", "astm"):
        raise BadProfile("again: only HL7 and ASTM lines can be asked")
    if not isinstance(found["within"], int) or not 1 <= found["within"] <= 1440:
        raise BadProfile("again.within must be minutes, 1 to 1440")
    if str(found["message"]).partition("^")[0] not in ("QRY", "QBP"):
        raise BadProfile("again.message must be a QRY or a QBP, such as QRY^R02")
    return found


def _patterns(text: dict[str, Any]) -> dict[str, Any]:
    try:
        return {
            name: [re.compile(one, re.S) for one in given] if isinstance(given, list) else re.compile(given, re.S)
            for name, given in text.items()
        }
    except re.error as error:
        raise BadProfile(f"text: {error}") from error


@lru_cache(maxsize=256)
def shipped(name: str) -> Profile | None:
    """A profile that comes with the product."""
    text = shipped_text(name)
    return parse_profile(text) if text else None


def shipped_text(name: str) -> str:
    """The text of a profile that comes with the product, empty where there is none."""
    file = SHIPPED / f"{name}.toml"
    return file.read_text(encoding="utf-8") if re.fullmatch(r"[a-z0-9_-]+", name) and file.exists() else ""


def shipped_names() -> list[str]:
    """The names of all profiles that come with the product."""
    return sorted(file.stem for file in SHIPPED.glob("*.toml"))
