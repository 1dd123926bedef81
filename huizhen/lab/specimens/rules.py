"""What barcodes, tubes and health-record codes must look like: no database, no clock."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from huizhen.lab.refused import Refused

BARCODE = re.compile(r"[A-Z0-9][A-Z0-9-]{4,39}")
OWN_BARCODE = re.compile(r"[0-9]{14}")
CODE_PREFIX = "HZ"
CODE = re.compile(r"HZ([A-Z2-7]{26})([0-9])")
CAPACITIES = (1, 5, 10, 20)
POOL_SIZES = CAPACITIES[1:]
FEWEST_MIXED = 2


@dataclass(frozen=True)
class Entry:
    """A person as entered at a site: a document, or only the health-record code. `birth_on` in ISO form or empty."""

    name: str = ""
    kind: str = "resident"
    number: str = ""
    phone: str = ""
    sex: str = ""
    birth_on: str = ""
    code: str = ""


def plain_barcode(text: str) -> str:
    """A barcode as compared: what a scanner adds around it gone, upper case."""
    return "".join(text.split()).upper()


def check_digit(digits: str) -> str:
    """The GS1 check digit: weights 3 and 1 from the right; it catches any single wrong digit."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def make_barcode(site_code: str, serial: int) -> str:
    """A barcode of ours: four digits of the site, nine of the label, one check digit. Digits only and an even number
    of them: Code 128 C prints them in half the width."""
    body = f"{site_code}{serial:09d}"
    return body + check_digit(body)


def check_barcode(barcode: str, site_code: str) -> str | None:
    """The code of what is wrong with a barcode, or None. Labels of others have rules of their own: for those of the
    site itself the check digit must fit."""
    if not BARCODE.fullmatch(barcode):
        return "barcode_shape"
    ours = OWN_BARCODE.fullmatch(barcode) and barcode.startswith(site_code)
    return "barcode_check" if ours and check_digit(barcode[:-1]) != barcode[-1] else None


def write_code(patient_id: UUID) -> str:
    """The health-record code that a person shows as a QR code: the record's key in letters that survive typing, and a
    check digit. It opens nothing by itself."""
    body = base64.b32encode(patient_id.bytes).decode().rstrip("=")
    return f"{CODE_PREFIX}{body}{_sum(body)}"


def read_code(text: str) -> UUID:
    """The record's key behind a health-record code.

    Raises:
        Refused: `code: unknown_code`.
    """
    found = CODE.fullmatch(plain_barcode(text))
    if not found or _sum(found[1]) != found[2]:
        raise Refused({"code": "unknown_code"})
    return UUID(bytes=base64.b32decode(found[1] + "======"))


def _sum(body: str) -> str:
    return str(sum((place + 1) * ord(sign) for place, sign in enumerate(body)) % 10)


def check_tube(barcode: str, site_code: str, capacity: int, persons: int, *, poolable: bool) -> dict[str, str]:
    """All that is wrong with a tube, field → code; empty when all is well."""
    errors = {"barcode": check_barcode(barcode, site_code)}
    if capacity not in CAPACITIES:
        errors["capacity"] = "unknown_choice"
    elif capacity > 1 and not poolable:
        errors["capacity"] = "not_poolable"
    if not persons:
        errors["persons"] = "nobody"
    elif persons > capacity:
        errors["persons"] = "too_many_persons"
    return {field: code for field, code in errors.items() if code}


def find_twice(keys: Sequence[UUID]) -> bool:
    """Whether somebody is named twice."""
    return len(set(keys)) != len(keys)


@dataclass(frozen=True)
class Single:
    """A tube as one looks at it before it is mixed. `pool`: the barcode of the tube it is in already, or empty;
    `panels`: what is ordered for it, `test` in words."""

    id: UUID
    barcode: str
    laboratory_id: UUID
    capacity: int
    pool: str
    is_received: bool
    is_voided: bool
    is_tested: bool
    is_poolable: bool
    test: str
    panels: frozenset[int]
    patients: tuple[UUID, ...]


def check_singles(wanted: Sequence[str], found: Mapping[str, Single], capacity: int) -> dict[str, str]:
    """All that keeps these tubes from being mixed into one of this capacity; `tubes.3` is the third one named. Fewer
    than the capacity may be mixed, as fewer persons may share a tube when the day ends; empty when all is well.

    Source: domain, section 3: 5, 10 or 20 persons in one; pools of pools are refused.
    """
    errors = {} if capacity in POOL_SIZES else {"capacity": "unknown_choice"}
    if len(wanted) < FEWEST_MIXED:
        errors["tubes"] = "too_few_tubes"
    elif len(wanted) > capacity:
        errors["tubes"] = "too_many_tubes"
    first: Single | None = None
    people: set[UUID] = set()
    for place, barcode in enumerate(wanted, 1):
        one = found.get(barcode)
        if barcode in wanted[: place - 1]:
            code = "scanned_twice"
        else:
            code = "unknown_tube" if one is None else _check_single(one) or _check_beside(one, first, people)
        if code:
            errors[f"tubes.{place}"] = code
        elif one is not None:
            first = first or one
            people.update(one.patients)
    return errors


def _check_single(one: Single) -> str:
    found = {
        "not_pooled": one.capacity > 1,
        "given_up": one.is_voided,
        "in_pool": bool(one.pool),
        "not_received": not one.is_received,
        "tested_already": one.is_tested,
        "not_poolable": not one.is_poolable,
    }
    return next((code for code, holds in found.items() if holds), "")


def _check_beside(one: Single, first: Single | None, people: set[UUID]) -> str:
    if first is not None and one.laboratory_id != first.laboratory_id:
        return "other_laboratory"
    if first is not None and one.panels != first.panels:
        return "other_test"
    return "" if people.isdisjoint(one.patients) else "twice_in_tube"
