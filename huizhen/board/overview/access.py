"""Who may see figures, and over which centres or organisations. A reason of delay is somebody's: its read is noted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotAllowed, grant
from huizhen.people.organisations.access import places_for

SEE = grant("board:overview:see", roles=("coordinator", "team_lead", "operator", "department_head"))
EXPORT = grant("board:overview:export", roles=("team_lead", "operator", "department_head"))


@dataclass(frozen=True)
class Reach:
    """The organisations whose figures somebody may see: as asking side, or as the centre that runs the case."""

    places: tuple[UUID, ...]
    may_export: bool


def access_figures(actor: Actor, *, to: str = SEE) -> Reach:
    """Over which organisations the actor may see figures, or export them.

    Raises:
        NotAllowed: nowhere.
    """
    places = places_for(actor, to)
    if not places:
        raise NotAllowed(to)
    return Reach(tuple(places), bool(places_for(actor, EXPORT)))


def note_delays(actor: Actor, reach: Reach, delays: Iterable[Any], *, at: datetime) -> None:
    """Figures name nobody, but the reason of a delay was written about one case, and may say more than it should: who
    reads it stands in the audit of that case, once for each look."""
    for one in delays:
        audit.record(
            actor, "board.delay.read", subject_kind="case", subject_id=one.case_id, patient_id=one.patient_id,
            case_id=one.case_id, organisation_id=reach.places[0], at=at,
        )  # fmt: skip
