"""Who sets a photographed page straight: a process of its own."""

import json
from dataclasses import dataclass
from typing import Protocol

from huizhen.records.apart import have_done

CHILD = "huizhen.records.documents.straightening.child"
SECONDS = 120  # before it is given up


@dataclass(frozen=True)
class Made:
    """A page set straight, as a JPEG: what was done (`rules.STRAIGHTENING`), and how sure, 0 to 1."""

    picture: bytes
    done: tuple[str, ...]
    sure: float


class Straightener(Protocol):
    """Sets photographed pages straight."""

    def straighten(self, data: bytes) -> Made | None:
        """The page in a photograph, or None where that is better left as it is. Raises Unreadable, Died."""


class OwnProcess:
    """Starts a process for each photograph and hands it the bytes."""

    def straighten(self, data: bytes) -> Made | None:
        """See `Straightener.straighten`."""
        told, _, picture = have_done(CHILD, given=data, limit=SECONDS).partition(b"\n")
        if not told:
            return None
        said = json.loads(told)
        return Made(picture, tuple(said["done"]), said["sure"])


_chosen: list[Straightener] = []


def set_straightener(straightener: Straightener | None) -> None:
    """Set straight with another one from here on, in tests; None: with ours again."""
    _chosen[:] = [straightener] if straightener else []


def get_straightener() -> Straightener:
    """The one in use."""
    return _chosen[0] if _chosen else OwnProcess()
