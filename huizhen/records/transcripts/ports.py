"""Who reads a picture: a process of its own, so that a broken picture or a full memory takes down nothing else.
The words of what was read are cut in one too, for the dictionary's sake."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import huizhen
from huizhen.records.transcripts.lines import Line

ROOT = Path(huizhen.__file__).parents[1]
CHILD, CUTTER = "huizhen.records.transcripts.child", "huizhen.records.transcripts.cutting"
DAMAGED = 3  # the child's exit code for a file that cannot be opened
MOST_PAGES = 20
SECONDS = 60, 30  # at the start and for each page, before it is given up
# Keys and passwords stay at home: the reader opens strangers' files.
PASSED_ON = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")


class Unreadable(Exception):
    """The picture cannot be read; the argument is the code of the reason: `damaged`, `too_slow`, `died`."""


class Died(Unreadable):
    """The reader was killed or fell over; asking again may help. `signal`: which one ended it, 0 for none."""

    def __init__(self, number: int = 0) -> None:
        super().__init__("died")
        self.signal = number


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
        said = _have(CHILD, media_type, str(MOST_PAGES), given=data, limit=SECONDS[0] + SECONDS[1] * MOST_PAGES)
        return [to_page(page) for page in said]

    def cut(self, texts: Iterable[str]) -> set[str]:
        """See `Reader.cut`."""
        return set(_have(CUTTER, given=json.dumps(list(texts)).encode(), limit=SECONDS[0]))


def _have(module: str, *arguments: str, given: bytes, limit: int) -> Any:
    """What a module says as a process of its own, as JSON."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=limit, env=kept, cwd=ROOT, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Unreadable("too_slow") from error
    if done.returncode < 0 or done.returncode == 128 + signal.SIGKILL:
        raise Died(abs(done.returncode))
    if done.returncode:
        raise Unreadable("damaged") if done.returncode == DAMAGED else Died()
    return json.loads(done.stdout)


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
