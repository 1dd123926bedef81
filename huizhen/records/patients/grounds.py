"""Grounds to read a record that features above this one know: each gives the key of what permits it, or nothing."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from huizhen.kernel.access import Actor
from huizhen.records.patients.models import Patient

Ground = Callable[[Actor, Patient, datetime], str | None]
Explain = Callable[[Collection[str]], dict[str, str]]
_grounds: dict[str, Ground] = {}
_explanations: dict[str, Explain] = {}


def add_ground(name: str, find: Ground, explain: Explain) -> None:
    """Ask this too, from here on, whether an actor may read a record that role and consent do not open. `explain`:
    the reason somebody gave, by the key that the audit keeps; it is the patient's to read."""
    _grounds[name], _explanations[name] = find, explain


def list_explanations(entries: Collection[Mapping[str, Any] | None]) -> dict[str, str]:
    """The reasons given for looks at a record, by their keys. `entries`: what the audit keeps of each look."""
    found: dict[str, str] = {}
    for name, explain in _explanations.items():
        keys = {str(data[name]) for data in entries if data and name in data}
        found |= explain(keys) if keys else {}
    return found


def find_further(actor: Actor, patient: Patient, *, at: datetime) -> dict[str, str] | None:
    """What else permits the actor to read the whole record, as the audit keeps it; None: nothing."""
    for name, find in _grounds.items():
        if key := find(actor, patient, at):
            return {name: key}
    return None
