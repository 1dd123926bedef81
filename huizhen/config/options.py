"""Every setting an operator can make, declared once: name, default, reader, and its sentence for the manual.

`docs/operations.md` lists exactly these; `tests/house` compares the two.
"""

import itertools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

# Read here too, because what others are without a value depends on it.
DEMO_NAME = "HUIZHEN_DEMO"


class BadOption(ValueError):
    """A setting's value cannot be read; the message names the variable and what it takes."""


@dataclass(frozen=True)
class Option:
    """One environment variable: `read` turns its text into the value used by the program.

    `in_demo`: what stands in the place of the default in the demonstration.
    """

    name: str
    default: str
    read: Callable[[str], Any]
    about: str
    secret: bool = False
    in_demo: str | None = None

    def unset(self, environ: Mapping[str, str] = os.environ) -> str:
        """What holds where the environment says nothing."""
        return self.default if self.in_demo is None or not is_demo(environ) else self.in_demo


OPTIONS: dict[str, Option] = {}


def yes_no(text: str) -> bool:
    """Read `1`, `true`, `yes`, `on` as yes and `0`, `false`, `no`, `off` and nothing as no."""
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("takes yes or no")


def is_demo(environ: Mapping[str, str]) -> bool:
    """Whether this is the demonstration.

    Raises:
        BadOption: the environment says neither yes nor no.
    """
    return bool(_read(DEMO_NAME, environ.get(DEMO_NAME, "no"), yes_no))


def words(text: str) -> list[str]:
    """Read a comma-separated list."""
    return [word.strip() for word in text.split(",") if word.strip()]


def opening_hours(text: str) -> tuple[tuple[time, time], ...]:
    """Read `08:00-12:00,13:30-17:30`: the openings of one day, in order and apart."""
    try:
        openings = tuple(tuple(time.fromisoformat(end) for end in opening.split("-", 1)) for opening in words(text))
    except ValueError:
        openings = ()
    edges = [edge for opening in openings for edge in opening]
    if not edges or len(edges) % 2 or any(earlier >= later for earlier, later in itertools.pairwise(edges)):
        raise ValueError("takes openings in order, such as 08:00-12:00,13:30-17:30")
    return tuple((edges[n], edges[n + 1]) for n in range(0, len(edges), 2))


def one_of(*choices: str) -> Callable[[str], str]:
    """A reader that takes one of a few words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"takes one of {', '.join(choices)}")
        return text

    return read


def long_text(text: str) -> str:
    """Read a secret of at least 50 characters."""
    if len(text) < 50:
        raise ValueError("takes at least 50 characters")
    return text


def is_default(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a declared setting has no value of its own: missing, empty, or a part of it equal to the default."""
    own = words(environ.get(name, ""))
    return not own or OPTIONS[name].default in own


def option(
    name: str,
    default: str,
    about: str,
    *,
    read: Callable[[str], Any] = str,
    secret: bool = False,
    in_demo: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Any:
    """Declare a setting and return its value.

    Raises:
        BadOption: the environment holds a text that `read` does not accept.
    """
    OPTIONS[name] = declared = Option(name, default, read, about, secret, in_demo)
    return _read(name, environ.get(name, declared.unset(environ)), read, secret=secret)


def _read(name: str, text: str, read: Callable[[str], Any], *, secret: bool = False) -> Any:
    try:
        return read(text)
    except ValueError as error:
        shown = "(secret)" if secret else repr(text)
        raise BadOption(f"{name} is {shown}: {error}") from error
