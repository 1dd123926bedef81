"""Readers of settings that are numbers, keys and addresses: each takes a text or says what fits.

What they raise never repeats the text, because some of it is secret; `options` adds what was given where it is not.
"""

import math
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from huizhen.config.options import words

KEY_BYTES, LONGEST_ID = 32, 60
LAST_PORT = 65535
LONGEST_TITLE = 16
DATABASE = ("postgresql", "postgres")


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A reader of whole numbers within bounds."""

    def read(text: str) -> int:
        found = int(text) if text.isascii() and text.isdigit() else -1
        if found < least or (most is not None and found > most):
            raise ValueError(f"takes a whole number {_bounds(least, most)}")
        return found

    return read


def number(least: float, most: float | None = None) -> Callable[[str], float]:
    """A reader of numbers within bounds."""

    def read(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = math.nan
        if not math.isfinite(found) or found < least or (most is not None and found > most):
            raise ValueError(f"takes a number {_bounds(least, most)}")
        return found

    return read


port, port_or_none = whole(1, LAST_PORT), whole(0, LAST_PORT)


def folder(text: str) -> Path:
    """Read a folder; one that is not whole is meant from where the program was started."""
    if not text.strip():
        raise ValueError("takes a folder, such as /var/lib/huizhen")
    return Path(text).absolute()


def hex_key(text: str) -> str:
    """Read a key of 64 hex digits."""
    if not _is_key(text):
        raise ValueError("takes 64 hex digits")
    return text


def key_ring(text: str) -> list[str]:
    """Read `id:64 hex digits`, comma-separated: at least one, each id once."""
    entries = words(text)
    names = [entry.partition(":")[0] for entry in entries]
    for place, (name, entry) in enumerate(zip(names, entries, strict=True), 1):
        if not 0 < len(name.encode()) <= LONGEST_ID or not _is_key(entry.partition(":")[2]):
            raise ValueError(f"takes id:64 hex digits, comma-separated, and key {place} is not like that")
    if not names or len(names) != len(set(names)):
        raise ValueError("takes at least one id:64 hex digits, and each id only once")
    return entries


def address(*schemes: str, example: str, empty: bool = False) -> Callable[[str], str]:
    """A reader of addresses of some schemes; `empty`: none will do too."""

    def read(text: str) -> str:
        if not (empty and not text):
            parts = _split(text)
            if parts is None or parts.scheme not in schemes or not parts.netloc:
                raise ValueError(f"takes an address such as {example}")
        return text

    return read


def database(text: str) -> str:
    """Read the address of a PostgreSQL database."""
    parts = _split(text)
    if parts is None or parts.scheme not in DATABASE or len(parts.path) < 2:
        raise ValueError(
            "takes postgresql://user:password@host:5432/name, or postgresql://user@/name?host=/run/postgresql"
        )
    return text


def databases(text: str) -> list[str]:
    """Read a comma-separated list of such addresses; none will do."""
    return [database(word) for word in words(text)]


def cache(text: str) -> str:
    """Read the address of a Redis or Valkey; none will do."""
    if text.startswith("unix:///"):
        return text
    return address("redis", "rediss", example="redis://host:6379/0", empty=True)(text)


def store(text: str) -> str:
    """Read where files are kept."""
    parts = _split(text)
    if text in {"", "file:"} or (text.startswith("file:///") and len(text) > len("file:///")):
        return text
    endpoints = parse_qs(parts.query).get("endpoint", []) if parts else []
    if parts and parts.scheme == "s3" and parts.netloc and all(map(_is_web, endpoints)):
        return text
    raise ValueError("takes file:, file:///folder or s3://bucket/prefix?endpoint=https://…&region=…")


def ae_title(text: str) -> str:
    """Read a DICOM application entity's title."""
    if not text.strip() or len(text) > LONGEST_TITLE or not text.isascii() or not text.isprintable() or "\\" in text:
        raise ValueError(f"takes 1 to {LONGEST_TITLE} plain letters, digits or signs, without a backslash")
    return text


def _bounds(least: float, most: float | None) -> str:
    return f"of {least} or more" if most is None else f"from {least} to {most}"


def _is_key(digits: str) -> bool:
    try:
        return len(bytes.fromhex(digits)) == KEY_BYTES
    except ValueError:
        return False


def _is_web(text: str) -> bool:
    parts = _split(text)
    return parts is not None and parts.scheme in {"http", "https"} and bool(parts.netloc)


def _split(text: str) -> SplitResult | None:
    """The parts of an address; nothing where it has none, or a port that is none."""
    try:
        parts = urlsplit(text)
        return parts if parts.port != 0 else None
    except ValueError:
        return None
