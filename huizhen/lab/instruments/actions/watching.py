"""Writes about lines of instruments: open, closed, failing, or silent for too long."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from huizhen.kernel import outbox, pulse
from huizhen.lab.instruments import rules
from huizhen.lab.instruments.models import Instrument, LinkState
from huizhen.lab.instruments.queries import CHANNEL, hours_of, last_heard


def note_link(instrument_id: UUID, state: str, *, at: datetime) -> None:
    """Note what became of an instrument's line; since when is kept while it stays so."""
    with transaction.atomic():
        changed = Instrument.objects.filter(id=instrument_id).exclude(link_state=state)
        if changed.update(link_state=state, link_since=at):
            pulse.beat((CHANNEL, int(at.timestamp() * 1000)))


def note_ports(closed: Collection[UUID], opened: Collection[UUID], *, at: datetime) -> None:
    """Note of which instruments the port they call cannot be opened here, and of which it is open: those that failed
    by it are only not connected now."""
    with transaction.atomic():
        failing = Instrument.objects.filter(id__in=closed).exclude(link_state=LinkState.FAILING)
        count = failing.update(link_state=LinkState.FAILING, link_since=at)
        back = Instrument.objects.filter(id__in=opened, link_state=LinkState.FAILING)
        count += back.update(link_state=LinkState.CLOSED, link_since=at)
        if count:
            pulse.beat((CHANNEL, int(at.timestamp() * 1000)))


def judge_silence(*, at: datetime) -> int:
    """Compare every instrument in use with its own habit; how many changed.

    Emits `lab.instruments.silent` when one has been silent for too long, and `lab.instruments.heard` when it is back.
    """
    instruments = list(Instrument.objects.filter(is_active=True))
    keys = [one.id for one in instruments]
    hours, heard = hours_of(keys, at - timedelta(days=rules.LEARN_DAYS + 7)), last_heard(keys)
    changed = 0
    for one in instruments:
        found = rules.silence(hours[one.id], heard.get(one.id), at, silent_after=one.silence_after)
        if found.is_too_long != (one.silent_since is not None):
            changed += _note_silence(one.id, heard.get(one.id) if found.is_too_long else None, at)
    return changed


def _note_silence(instrument_id: UUID, since: datetime | None, at: datetime) -> int:
    with transaction.atomic():
        waiting = Instrument.objects.filter(id=instrument_id, silent_since__isnull=since is not None)
        if not waiting.update(silent_since=since):
            return 0
        outbox.emit(f"lab.instruments.{'silent' if since else 'heard'}", instrument=str(instrument_id))
        pulse.beat((CHANNEL, int(at.timestamp() * 1000)))
    return 1
