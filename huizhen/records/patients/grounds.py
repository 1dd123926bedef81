"""Grounds to read a record that features above this one know: each gives the key of what permits it, or nothing."""

from collections.abc import Callable
from datetime import datetime

from huizhen.kernel.access import Actor
from huizhen.records.patients.models import Patient

Ground = Callable[[Actor, Patient, datetime], str | None]
_grounds: dict[str, Ground] = {}


def add_ground(name: str, find: Ground) -> None:
    """Ask this too, from here on, whether an actor may read a record that role and consent do not open."""
    _grounds[name] = find


def find_further(actor: Actor, patient: Patient, *, at: datetime) -> dict[str, str] | None:
    """What else permits the actor to read the whole record, as the audit keeps it; None: nothing."""
    for name, find in _grounds.items():
        if key := find(actor, patient, at):
            return {name: key}
    return None
