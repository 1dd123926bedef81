"""Numbers, times and words as instruments write them, turned into one plain form."""

import re
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

# A power of ten before the unit: 10^5 copies/mL, E+05 IU/mL, x10*3.
POWER = re.compile(r"^\s*(?:[x×]?\s*10\s*(?:\^|\*\*?)|[eE])\s*(?P<power>[+-]?\d{1,2})\s*\^?\s*(?P<unit>.*)$")
SCIENTIFIC = re.compile(r"^([<>]?=?\s*)([+-]?\d+(?:\.\d+)?)[eE]([+-]?\d{1,2})$")
NUMBER = re.compile(r"^([<>≤≥]?=?\s*)([+-]?[\d.,'\u00a0 ]*\d)$")
# Dashes or stars where a number should stand; one or two are a result of urine strips.
BLANKED = re.compile(r"^[-*]{3,}$")


def plain_number(text: str, decimal: str = ".", thousands: str = "") -> str:
    """A number in plain notation with a point, whatever separators the device uses; anything else as it is.

    With `decimal` a comma, points and blanks before it part thousands.
    """
    found = NUMBER.match(text)
    if found and (decimal != "." or thousands):
        digits = found[2]
        for mark in (thousands, "'", "\u00a0", " ", "." if decimal == "," else ""):
            digits = digits.replace(mark, "") if mark and mark != decimal else digits
        return found[1] + digits.replace(decimal, ".")
    found = SCIENTIFIC.match(text)
    return found[1] + shifted(found[2], int(found[3])) if found else text


def shifted(number: str, power: int) -> str:
    """A decimal number times a power of ten, in plain notation: `1.25`, 5 gives `125000`."""
    return format(Decimal(number).scaleb(power), "f")


def with_power(value: str, unit: str) -> tuple[str, str]:
    """A mantissa and the power of ten that stands in its unit, put together; the unit is what is left of it."""
    found = POWER.match(unit)
    number = re.match(r"^([<>≤≥]?=?\s*)([+-]?\d+(?:\.\d+)?)$", value)
    if not found or not number:
        return value, unit
    return number[1] + shifted(number[2], int(found["power"])), found["unit"]


def is_failure(value: str, failures: frozenset[str]) -> bool:
    """Whether a value says that there is none: `ERROR`, `INVALID`, `NO RESULT`, or dashes in place of digits."""
    return value.upper() in failures or BLANKED.match(value) is not None


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A time such as `20260504093000`, `…+0800`, or a day; `None` where it is none. Without zone it is local."""
    digits = text[:14]
    if len(digits) < 8 or not digits.isdecimal():
        return None
    try:
        found = datetime(
            int(digits[:4]), int(digits[4:6]), int(digits[6:8]), int(digits[8:10] or 0), int(digits[10:12] or 0),
            int(digits[12:14] or 0), tzinfo=zone,
        )  # fmt: skip
        if offset := re.search(r"[+-]\d{4}$", text[14:]):
            return datetime.strptime(found.strftime("%Y%m%d%H%M%S") + offset[0], "%Y%m%d%H%M%S%z")
    except ValueError:
        return None
    return found
