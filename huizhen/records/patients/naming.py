"""Who reads a patient's whole name. An expert of another hospital needs age and sex to answer, not who it is.

Source: Personal Information Protection Law, art. 6 (no more than the purpose needs) and 28.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from huizhen.kernel.access import Actor, may
from huizhen.people.organisations.queries import hospital_of
from huizhen.records.consent.queries import Reach, list_in_force
from huizhen.records.consent.rules import HEALTH
from huizhen.records.patients import access
from huizhen.records.patients.rules import mask_name

COORDINATING = frozenset({"coordinator", "team_lead"})


class Place(Protocol):
    """What decides: whose record, and the organisation it, or the case about it, belongs to."""

    @property
    def patient_id(self) -> UUID:
        """The patient."""

    @property
    def organisation_id(self) -> UUID:
        """Where the patient is registered, or the case was opened."""


def may_name(actor: Actor, about: Place, *, at: datetime, reach: Callable[[], Reach] | None = None) -> bool:
    """Whether the actor reads the whole name: the patient and who stands for them, staff of the same hospital, the
    centre, and whoever a consent names, as a person or by their hospital; being asked for an opinion is not enough.

    `reach` gives the consents that reach the actor, where the caller has read them.
    """
    if about.patient_id in actor.patient_ids or may(actor, access.READ, about.organisation_id):
        return True
    if actor.is_system or actor.roles() & COORDINATING:
        return True
    home = hospital_of(about.organisation_id) or about.organisation_id
    if any((hospital_of(m.organisation_id) or m.organisation_id) == home for m in actor.memberships):
        return True
    if reach is not None:
        return reach().names(about.patient_id)
    return list_in_force(actor, [about.patient_id], HEALTH, at=at).exclude(account=None, organisation=None).exists()


def get_name_for(actor: Actor, patient: Any, *, at: datetime, reach: Callable[[], Reach] | None = None) -> str:
    """The patient's name as this actor reads it: whole, or the family name and a star."""
    known = may_name(actor, Registered(patient.id, patient.organisation_id), at=at, reach=reach)
    return str(patient.name) if known else mask_name(patient.name)


class Registered:
    """A patient's record where it is kept."""

    def __init__(self, patient_id: UUID, organisation_id: UUID) -> None:
        self.patient_id, self.organisation_id = patient_id, organisation_id
