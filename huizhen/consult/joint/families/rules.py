"""How long links and codes last, and what they look like. No database, no clock."""

import secrets
from datetime import timedelta

DAYS = (1, 3, 7)
MOST_LINKS = 5
CODE_LASTS = timedelta(minutes=10)
CODE_DIGITS = 6
MOST_TRIES = 5
LOOK_LASTS = timedelta(hours=12)


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def mask_name(name: str) -> str:
    """The family name; the rest is stars."""
    return name[:1] + "*" * max(1, len(name) - 1)
