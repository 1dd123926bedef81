"""What a mood is: one way in which an instrument misbehaves, as small changes at the stages a message goes through.

fields → octets → (MLLP: blocks | ASTM: pieces → frames, with strays between) → writes. A mood changes the stages that
it names and leaves the others alone, so any moods of one line can be had together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeVar

T = TypeVar("T")
Change = Callable[[T], T]
Fields = list[list[str]]  # segments, records or rows
Piece = tuple[bytes, bool]  # the text of a frame, and whether its record (or message) ends with it
Strays = dict[bytes, bytes]  # what goes out, and is answered, before the bytes that are its key


def same(value: T) -> T:
    """No change."""
    return value


def none(frames: Sequence[bytes]) -> Strays:
    """Nothing strays."""
    return {}


def then(*changes: Change[T]) -> Change[T]:
    """One change after the other."""
    return lambda value: reduce(lambda so_far, change: change(so_far), changes, value)


@dataclass(frozen=True)
class Mood:
    """One way to misbehave. `on`: the lines it can be had on. `answers`: how many a message asks for."""

    says: str
    on: tuple[str, ...]
    hl7: Change[Fields] = same
    astm: Change[Fields] = same
    rows: Change[Fields] = same
    text: Change[str] = same
    octets: Change[bytes] = same
    blocks: Change[list[bytes]] = same
    pieces: Change[list[Piece]] = same
    frames: Change[list[bytes]] = same
    strays: Callable[[Sequence[bytes]], Strays] = none
    writes: Change[list[bytes]] = same
    answers: int = 1


def played(moods: Sequence[Mood], stage: str, value: T) -> T:
    """A value after what each of these moods does at a stage."""
    changes: list[Change[Any]] = [getattr(mood, stage) for mood in moods]
    return then(*changes)(value)


def put(fields: list[str], place: int, value: str) -> list[str]:
    """The same fields with one of them set, and as many empty ones before it as are missing."""
    longer = fields + [""] * (place + 1 - len(fields))
    return [*longer[:place], value, *longer[place + 1 :]]


def grouped(number: str) -> str:
    """A number with its thousands parted: `1250.5` gives `1,250.5`; anything else as it is."""
    whole, point, rest = number.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole.isdecimal() else number


def with_comma(number: str) -> str:
    """Commas for points and points for commas."""
    return number.translate(str.maketrans(",.", ".,"))
