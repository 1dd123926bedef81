"""Results step in where instruments left a place free: they read kept messages, and answer what is to be tested."""

from datetime import datetime

from huizhen.lab.instruments import ports
from huizhen.lab.instruments.models import RawMessage
from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.queries import get_profile
from huizhen.lab.instruments.reading import read
from huizhen.lab.instruments.readings import Understood
from huizhen.lab.results.actions import match_kept
from huizhen.lab.results.orders import orders_of


class Understanding:
    """Reads messages by their instruments' profiles; each profile is looked up once per batch."""

    def __init__(self) -> None:
        self.profiles: dict[str, Profile | None] = {}

    def __call__(self, message: RawMessage) -> tuple[Understood, str]:
        """What the message says, and the profile that read it."""
        name = message.instrument.profile if message.instrument else ""
        if name not in self.profiles:
            self.profiles[name] = get_profile(name)
        profile = self.profiles[name]
        if profile is None:
            return Understood(problems=("no_profile",)), ""
        return read(bytes(message.payload), profile), profile.label


def match(*, at: datetime) -> int:
    """Work off one batch of kept messages; how many it was."""
    return match_kept(Understanding(), at=at)


def install() -> None:
    """Called once at start-up (`wiring.PORTS`)."""
    ports.install_match(match)
    ports.install_orders(orders_of)
