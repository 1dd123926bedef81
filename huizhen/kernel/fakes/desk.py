"""What the simulators share: what they received, and how they were told to behave."""

import itertools
import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

KEPT = 1000


class Mood(StrEnum):
    """How a service behaves for its next calls.

    `refuse`: its own words for "no". `limit`: its words for "too many". `error`: HTTP 500 (SMTP 451), nothing taken.
    `silence`: takes the message, then never answers. `lose`: takes the message, then breaks the connection.
    """

    REFUSE = "refuse"
    ERROR = "error"
    LIMIT = "limit"
    SILENCE = "silence"
    LOSE = "lose"


@dataclass(frozen=True)
class Call:
    """An HTTP request as a simulator sees it; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What a simulator answers, and what it takes: `post` is kept unless a mood forbids it."""

    fields: dict[str, Any]
    status: int = 200
    post: "Post | None" = None


@dataclass(frozen=True)
class Post:
    """A message that arrived."""

    channel: str
    to: str
    title: str
    text: str
    at: str
    raw: Any = field(repr=False)
    number: int = 0


class Desk:
    """All that was received, newest last, and the moods; safe for many threads."""

    def __init__(self) -> None:
        self.posts: deque[Post] = deque(maxlen=KEPT)
        self.moods: dict[str, tuple[Mood, int]] = {}
        self.counts: Counter[tuple[str, str, datetime]] = Counter()
        self.nonces: deque[str] = deque(maxlen=KEPT)
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()

    def keep(self, post: Post) -> None:
        """Note a message."""
        with self.lock:
            self.posts.append(Post(**{**asdict(post), "raw": post.raw, "number": next(self.numbers)}))

    def received(self, channel: str = "", to: str = "") -> list[Post]:
        """The messages of a channel and a destination, oldest first."""
        with self.lock:
            return [p for p in self.posts if channel in ("", p.channel) and to in ("", p.to)]

    def misbehave(self, channel: str, mood: Mood, times: int = 1) -> None:
        """Give a service a mood for its next calls."""
        with self.lock:
            self.moods[channel] = (Mood(mood), times)

    def mood_of(self, channel: str) -> Mood | None:
        """The mood for this one call; it is used up by asking."""
        with self.lock:
            if channel not in self.moods:
                return None
            mood, times = self.moods.pop(channel)
            if times > 1:
                self.moods[channel] = (mood, times - 1)
            return mood

    def is_over(self, channel: str, to: str, window: datetime, limit: int) -> bool:
        """Count a call within a window of time; whether it is one too many."""
        with self.lock:
            self.counts[channel, to, window] += 1
            return self.counts[channel, to, window] > limit

    def is_repeated(self, nonce: str) -> bool:
        """Whether this nonce was used before."""
        with self.lock:
            if nonce in self.nonces:
                return True
            self.nonces.append(nonce)
            return False

    def clear(self) -> None:
        """Forget everything."""
        with self.lock:
            self.posts.clear()
            self.moods.clear()
            self.counts.clear()
