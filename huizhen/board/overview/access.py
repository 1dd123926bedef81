"""Who may see figures, and over which centres or organisations."""

from dataclasses import dataclass
from uuid import UUID

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
