"""Orders that instruments want sent to them: asked for by whoever receives specimens, sent by the intake process."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from huizhen.kernel import crypto
from huizhen.lab.instruments.models import DownloadState, Instrument, OrderDownload
from huizhen.lab.instruments.ports import Order

MOST_TRIES = 5
LOST_AFTER = timedelta(minutes=5)  # a process that took a download and died gives it back
PURPOSE = "lab.instruments.orders"


def prepare(instrument: Instrument, orders: Sequence[Order], at: datetime) -> OrderDownload:
    """A download of these orders, not stored yet. The same orders have the same digest."""
    content = [
        {**asdict(one), "collected_at": one.collected_at.isoformat() if one.collected_at else None} for one in orders
    ]
    digest = crypto.mac(json.dumps(content, sort_keys=True).encode(), purpose=PURPOSE)
    return OrderDownload(instrument=instrument, orders=content, digest=digest, asked_at=at)


def orders_in(download: OrderDownload) -> tuple[Order, ...]:
    """The orders of a download."""
    return tuple(_order(one) for one in download.orders)


def _order(given: Mapping[str, Any]) -> Order:
    taken = given["collected_at"]
    return Order(**{**given, "collected_at": datetime.fromisoformat(taken) if taken else None})


def due(instrument_ids: Sequence[UUID], at: datetime) -> Q:
    """Which downloads of these instruments are to be sent now."""
    waiting = Q(state=DownloadState.WAITING)
    lost = Q(state=DownloadState.SENDING, tried_at__lt=at - LOST_AFTER)
    return Q(instrument_id__in=list(instrument_ids)) & (waiting | lost)
