"""The code of a report version: printed under its QR code, short enough to be typed, too long to be guessed."""

import secrets

# Without 0, 1, I and O, which look alike on paper: 32 signs, five bits each.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 12
GROUP = 4


def new_code() -> str:
    """A fresh code: 60 random bits. Whoever tries a million a day for a hundred years finds nothing."""
    return "".join(secrets.choice(ALPHABET) for _place in range(LENGTH))


def show_code(code: str) -> str:
    """A code as it is printed and read out: `K7QM-2F9R-XW3D`."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read_code(text: str) -> str:
    """What somebody typed or scanned, as it is stored; empty where it cannot be a code."""
    compact = "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())
    return compact if len(compact) == LENGTH and set(compact) <= set(ALPHABET) else ""
