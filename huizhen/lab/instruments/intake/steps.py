"""What a talk with an instrument comes to: steps to be done in order. Values without sockets and without a clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from huizhen.kernel import ids
from huizhen.lab.instruments.codecs.astm_receiver import Send
from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.understanding.questions import Found, Question

IDLE_SECONDS = 30.0  # after which a message without its end is taken as ended


@dataclass(frozen=True)
class Take:
    """A message to store; `reply(at)` is what to say once it is stored, `answer(found, at)` the message to download;
    `denies`: it says that there is nothing to answer our question with; `answers`: it answers orders, and refuses."""

    payload: bytes
    faults: tuple[str, ...] = ()
    reply: Callable[[datetime], bytes] = lambda at: b""
    question: Question | None = None
    answer: Callable[[Found, datetime], bytes] = lambda found, at: b""
    denies: bool = False
    answers: bool = False


@dataclass(frozen=True)
class Sent:
    """A download came to its end: arrived or not; refused: not to be tried again."""

    name: str
    arrived: bool
    refused: bool = False


Step = Send | Take | Sent


class Talk(Protocol):
    """One line's talk. `at` is a monotonic time in seconds."""

    protocol: str

    def feed(self, data: bytes, at: float) -> Sequence[Step]:
        """What to do about bytes that came."""

    def tick(self, at: float) -> Sequence[Step]:
        """What to do about time that passed."""

    def close(self) -> Sequence[Step]:
        """What to do when the line is gone."""

    def know(self, profile: Profile) -> None:
        """Learn whose line this is, where only its first message has said so."""

    def download(self, name: str, payload: bytes, at: float) -> Sequence[Step]:
        """Send a message to the instrument as soon as the line is free."""


def new_control_id() -> str:
    """MSH-10 of what we say: 20 signs at most in versions before 2.7."""
    return ids.new_id().hex[-20:]
