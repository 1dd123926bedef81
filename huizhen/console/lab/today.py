"""The hops of a day as a picture: how many tubes came how far, counted in the tables themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from huizhen.lab.reporting.queries import count_reported
from huizhen.lab.results.queries import count_released_persons
from huizhen.lab.specimens.queries import count_hops

CHINA = ZoneInfo("Asia/Shanghai")
WIDTH = 600


@dataclass(frozen=True)
class Hop:
    """One bar: its label, how many of how many, and the bar's width in units of the picture."""

    label: Any
    count: int
    of: int
    width: int

    @property
    def missing(self) -> int:
        """How many did not come this far."""
        return self.of - self.count


def draw(laboratory_ids: Sequence[UUID], at: datetime) -> list[Hop]:
    """Today's hops, in China's day; the first five count tubes, the last two persons' results."""
    start = at.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    until = start + timedelta(days=1)
    hops = count_hops(laboratory_ids, start, until)
    due, accepted = count_reported(laboratory_ids, start, until)
    tubes = ((_("Collected"), hops.collected), (_("In a box"), hops.boxed), (_("Received"), hops.received),
             (_("Tested"), hops.tested), (_("Released"), hops.released))  # fmt: skip
    visible = count_released_persons(laboratory_ids, start, until)
    persons = (_("Visible to persons"), visible, hops.persons)
    upstream = (_("Accepted upstream"), accepted, due)
    rows = [(label, count, hops.collected) for label, count in tubes]
    return [
        Hop(label, count, of, round(WIDTH * count / of) if of else 0) for label, count, of in (*rows, persons, upstream)
    ]
