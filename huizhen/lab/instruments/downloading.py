"""Orders that instruments want sent to them: asked for by whoever receives specimens, sent by the intake process, and
called off where a specimen is not tested by itself after all."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from huizhen.kernel import crypto
from huizhen.lab.instruments.models import DownloadState, Instrument, OrderDownload
from huizhen.lab.instruments.ports import Order
from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.understanding import questions

MOST_TRIES = 5
LOST_AFTER = timedelta(minutes=5)  # a process that took a download and died gives it back
PURPOSE = "lab.instruments.orders"


def prepare(instrument: Instrument, orders: Sequence[Order], at: datetime) -> OrderDownload:
    """A download of these orders, not stored yet. The same orders have the same digest."""
    content = [
        {**asdict(one), "collected_at": one.collected_at.isoformat() if one.collected_at else None} for one in orders
    ]
    digest = crypto.mac(json.dumps(content, sort_keys=True).encode(), purpose=PURPOSE)
    return OrderDownload(
        instrument=instrument, specimen=orders[0].specimen, orders=content, digest=digest, asked_at=at
    )  # fmt: skip


def cancel(sent: OrderDownload, at: datetime) -> OrderDownload:
    """The download that calls another one off at its instrument, not stored yet."""
    return OrderDownload(
        instrument_id=sent.instrument_id, specimen=sent.specimen, orders=sent.orders, digest=sent.digest, cancels=sent,
        asked_at=at,
    )  # fmt: skip


def write(download: OrderDownload, profile: Profile, new_id: Callable[[], str], *, at: datetime) -> bytes:
    """The message for the instrument: new orders, or that they are called off."""
    why = questions.Why.NEW if download.cancels_id is None else questions.Why.CANCEL
    return questions.download_of(orders_in(download), profile, new_id, at=at, why=why)


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
