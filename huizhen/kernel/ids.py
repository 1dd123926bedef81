"""Identifiers: UUIDv7 keys that sort by time, and short case numbers that survive being read out on the phone."""

import uuid

import uuid_utils.compat

from huizhen.kernel.line import ahead, ask

NEXT = "SELECT nextval('kernel_casenumber_id_seq')"
MODULUS, RADIX = 11, 2
CHECK_CHARACTERS = "0123456789X"


class BadNumber(ValueError):
    """The text is not a case number: its shape or its check character is wrong."""


def new_id() -> uuid.UUID:
    """A fresh UUIDv7 (RFC 9562): unique, and later ones sort later."""
    return uuid_utils.compat.uuid7()


def check_character(digits: str) -> str:
    """The ISO 7064 MOD 11-2 check character, the one Chinese identity numbers use: it catches any single
    wrong digit and any two neighbours swapped."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * RADIX % MODULUS
    return CHECK_CHARACTERS[(12 - total) % MODULUS]


def format_number(letter: str, serial: int) -> str:
    """Write a serial as a case number: `J-0042-1768-X`. Serials have eight digits, more when they run out."""
    digits = f"{serial:08d}"
    return f"{letter}-{digits[:-4]}-{digits[-4:]}-{check_character(digits)}"


def read_number(text: str) -> str:
    """Bring a number as somebody typed or spoke it (`j00421768x`) into its written form.

    Raises:
        BadNumber: wrong shape or wrong check character.
    """
    compact = "".join(character for character in text.upper() if character.isalnum())
    letter, digits, check = compact[:1], compact[1:-1], compact[-1:]
    if not letter.isalpha() or not digits.isascii() or not digits.isdigit() or len(digits) < 8:
        raise BadNumber(text)
    if check_character(digits) != check:
        raise BadNumber(text)
    return f"{letter}-{digits[:-4]}-{digits[-4:]}-{check}"


def next_number(letter: str) -> str:
    """Draw the next case number from the database's sequence. Numbers may have gaps, never repeats."""
    return format_number(letter, ask(NEXT, [])[0][0])


def draw_ahead() -> None:
    """Say that `next_number` will be called (`line.ahead`)."""
    ahead(NEXT, [])
