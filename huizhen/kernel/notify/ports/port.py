"""What every adapter takes and gives."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from huizhen.kernel.notify.models import Outcome
from huizhen.kernel.notify.words import Text


@dataclass(frozen=True)
class Destination:
    """Where a message goes. `name` is what budgets and logs may know; `address` and `secret` never reach either."""

    channel: str
    name: str
    address: str = field(repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Result:
    """How an attempt ended. `code` and `detail` are the service's own words, `reference` its receipt."""

    outcome: Outcome
    code: str = ""
    detail: str = ""
    reference: str = ""
    retry_after: timedelta | None = None


class Adapter(Protocol):
    """A way out. `send` never raises for what the service or the network does: that is an outcome."""

    def is_set_up(self) -> bool:
        """Whether the operator has given what it needs."""

    def send(self, to: Destination, text: Text) -> Result:
        """Try once, for at most some seconds."""
