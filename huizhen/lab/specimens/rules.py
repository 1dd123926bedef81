"""What barcodes, tubes and health-record codes must look like: no database, no clock."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from huizhen.lab.refused import Refused

BARCODE = re.compile(r"[A-Z0-9][A-Z0-9-]{4,39}")
OWN_BARCODE = re.compile(r"[0-9]{14}")
CODE_PREFIX = "HZ"
CODE = re.compile(r"HZ([A-Z2-7]{26})([0-9])")
CAPACITIES = (1, 5, 10, 20)


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
