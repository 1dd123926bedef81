"""The hops of a day as a picture: how many tubes came how far, counted in the tables themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from huizhen.lab.reporting import hops

CHINA = ZoneInfo("Asia/Shanghai")
WIDTH = 600
LABELS: dict[str, Any] = {
    "collected": _("Collected"),
    "boxed": _("In a box"),
    "received": _("Received"),
    "tested": _("Tested"),
    "matched": _("Matched to its tube"),
    "released": _("Released"),
    "visible": _("Visible to persons"),
    "accepted": _("Accepted upstream"),
}


@dataclass(frozen=True)
class Bar:
    """One bar: its label, how many of how many, its width in units of the picture, and the open exceptions that say
    what is missing, with their address."""

    label: Any
    count: int
    of: int
    width: int
    missing: int
    open: int
    href: str


def draw(laboratory_ids: Sequence[UUID], at: datetime) -> list[Bar]:
    """Today's hops, in China's day; the first six count tubes, the last two persons' results."""
    start = at.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return [_bar(one) for one in hops.reconcile(laboratory_ids, start, start + timedelta(days=1))]


def _bar(one: hops.Hop) -> Bar:
    width = round(WIDTH * min(one.count, one.of) / one.of) if one.of else 0
    href = f"{reverse('lab-exceptions')}?hop={one.name}" if one.open else ""
    return Bar(LABELS[one.name], one.count, one.of, width, one.missing, one.open, href)
