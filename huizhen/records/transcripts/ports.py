"""Who reads a picture: a process of its own. What was read is cut into words in one too, for the dictionary's sake."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from huizhen.records.apart import Died, Unreadable, have_done
from huizhen.records.transcripts.lines import Line

__all__ = ["Died", "OwnProcess", "Page", "Reader", "Unreadable", "get_reader", "set_reader"]
CHILD, CUTTER = "huizhen.records.transcripts.child", "huizhen.records.transcripts.cutting"
MOST_PAGES = 20
SECONDS = 60, 30  # at the start and for each page, before it is given up


@dataclass(frozen=True)
class Page:
    """What was read from one page: its size in pixels, how far it was turned (a multiple of 90°), its lines."""

    width: int
    height: int
    turned: int
    lines: tuple[Line, ...]


class Reader(Protocol):
    """Reads the text of a picture or PDF."""

    def read(self, data: bytes, media_type: str) -> list[Page]:
        """Give the pages. Raises Unreadable, and Died where it is worth another try."""

    def cut(self, texts: Iterable[str]) -> set[str]:
        """The words of some texts, for the search. Raises Died."""


class OwnProcess:
    """Starts a process for each document, hands it the bytes and takes back the lines; nothing touches a disk."""

    def read(self, data: bytes, media_type: str) -> list[Page]:
        """See `Reader.read`."""
        limit = SECONDS[0] + SECONDS[1] * MOST_PAGES
        said = have_done(CHILD, media_type, str(MOST_PAGES), given=data, limit=limit)
        return [to_page(page) for page in json.loads(said)]

    def cut(self, texts: Iterable[str]) -> set[str]:
        """See `Reader.cut`."""
        return set(json.loads(have_done(CUTTER, given=json.dumps(list(texts)).encode(), limit=SECONDS[0])))


def to_page(said: dict[str, Any]) -> Page:
    """A page as the child process tells it."""
    lines = tuple(Line(one["text"], one["sure"], one["corners"]) for one in said["lines"])
    return Page(said["width"], said["height"], said["turned"], lines)


_chosen: list[Reader] = []


def set_reader(reader: Reader | None) -> None:
    """Read with another reader from here on, in tests and where a hospital has its own; None: with ours again."""
    _chosen[:] = [reader] if reader else []


def get_reader() -> Reader:
    """The reader in use."""
    return _chosen[0] if _chosen else OwnProcess()
