"""Pure decisions about phones, session limits and who needs a second factor."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

CHINA = "+86"
MOBILE = re.compile(r"1[3-9]\d{9}")
E164 = re.compile(r"\+[1-9]\d{5,14}")
NOT_DIALLED = re.compile(r"[\s().\-‐-―]")


class BadPhone(ValueError):
    """Neither a Chinese mobile number nor an international one with its country code."""


def read_phone(text: str) -> str:
    """Bring a number as people type it (`１３８ 0013 8000`, `0086-…`) into E.164: `+8613800138000`.

    Raises:
        BadPhone: the text is no phone number.
    """
    compact = NOT_DIALLED.sub("", unicodedata.normalize("NFKC", text))
    compact = "+" + compact[2:] if compact.startswith("00") else compact
    if MOBILE.fullmatch(compact):
        return CHINA + compact
    if not E164.fullmatch(compact):
        raise BadPhone
    if compact.startswith(CHINA) and not MOBILE.fullmatch(compact.removeprefix(CHINA)):
        raise BadPhone
    return compact


def mask_phone(phone: str) -> str:
    """A number fit for a screen that others may see: `138****8000`."""
    local = phone.removeprefix(CHINA)
    return f"{local[:3]}****{local[-4:]}" if len(local) >= 8 else "****"


@dataclass(frozen=True)
class Limits:
    """How long a session lasts: without a click, and at all (GB/T 22239-2019, 8.1.4.1 b)."""

    idle: timedelta
    whole: timedelta


def why_over(limits: Limits, *, began: float, seen: float, now: float) -> str:
    """`idle` or `whole` when a session is over, else nothing. Times are seconds since 1970."""
    if now - began > limits.whole.total_seconds():
        return "whole"
    if now - seen > limits.idle.total_seconds():
        return "idle"
    return ""
