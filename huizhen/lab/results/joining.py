"""Results step in where instruments left a place free: they read kept messages, and answer what is to be tested."""

from collections.abc import Sequence
from datetime import datetime

from huizhen.lab.instruments import ports
from huizhen.lab.instruments.in_use import InUse
from huizhen.lab.instruments.models import RawMessage
from huizhen.lab.instruments.reading import read
from huizhen.lab.instruments.readings import Understood
from huizhen.lab.results.actions import match_kept
from huizhen.lab.results.orders import orders_of


class Understanding:
    """Reads messages by their instruments' profiles, which are looked up together for a batch."""

    def __init__(self) -> None:
        self._profiles = InUse()

    def learn(self, messages: Sequence[RawMessage]) -> None:
        """Look up what these are read by, in one statement."""
        found = (message.instrument for message in messages if message.instrument)
        self._profiles.learn((one.organisation_id, one.profile) for one in found)

    def __call__(self, message: RawMessage) -> tuple[Understood, str]:
        """What the message says, and the profile that read it."""
        profile = self._profiles.of(message.instrument) if message.instrument else None
        if profile is None:
            return Understood(problems=("no_profile",)), ""
        return read(bytes(message.payload), profile), profile.read_as


def match(*, at: datetime) -> int:
    """Work off one batch of kept messages; how many it was."""
    understand = Understanding()
    return match_kept(understand, learn=understand.learn, at=at)


def install() -> None:
    """Called once at start-up (`wiring.PORTS`)."""
    ports.install_match(match)
    ports.install_orders(orders_of)
