"""What may be said of a medicine. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

# Words, and how long each may be; the name alone must be there.
LONGEST = {"name": 200, "dose": 100, "route": 60, "frequency": 100, "source": 120}
LONGEST_REASON = 500  # of a correction
DAYS = ("starts_on", "ends_on")
FIELDS = (*LONGEST, "status", *DAYS)
STATUSES = ("active", "on-hold", "completed", "stopped", "unknown", "entered-in-error")
EARLIEST = date(1900, 1, 1)
AHEAD = timedelta(days=366)  # a medicine may be begun next month, not in ten years


def check(said: Mapping[str, Any], today: date) -> dict[str, str]:
    """The code of what is wrong with each field, by the field; nothing where all is well. `said` names all `FIELDS`."""
    errors = {field: "too_long" for field, most in LONGEST.items() if len(said[field]) > most}
    if not said["name"]:
        errors["name"] = "missing"
    if said["status"] not in STATUSES:
        errors["status"] = "unknown_choice"
    starts, ends = (said[field] for field in DAYS)
    errors |= {
        field: "day_impossible" for field in DAYS if said[field] and not EARLIEST <= said[field] <= today + AHEAD
    }
    if starts and ends and ends < starts:
        errors.setdefault("ends_on", "ends_before_start")
    elif ends and ends < today and said["status"] == "active":
        errors.setdefault("status", "over_but_active")
    return errors


def tidy(said: Mapping[str, Any]) -> dict[str, Any]:
    """The same values, words without blanks around them."""
    return {field: said[field].strip() if field in LONGEST else said[field] for field in said}


def to_text(value: Any) -> str:
    """A value as a correction keeps it: days as 2026-11-22, nothing as nothing."""
    return value.isoformat() if isinstance(value, date) else str(value or "")


def in_words(dose: str, route: str, frequency: str) -> str:
    """How it is taken, in one line."""
    return " · ".join(part for part in (dose, route, frequency) if part)
