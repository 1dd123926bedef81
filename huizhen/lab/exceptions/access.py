"""Who sees and works on laboratory exceptions. Permissions of the case itself stand in `flow.py`."""

from dataclasses import dataclass
from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant
from huizhen.kernel.flow.access import access_case
from huizhen.lab.exceptions import queries
from huizhen.lab.exceptions.models import Kind, Trouble
from huizhen.people.organisations.access import may_anywhere, places_for
from huizhen.records.merging.access import note_look
from huizhen.records.merging.models import Likeness
from huizhen.records.merging.queries import get_likeness

LIST = grant("lab:exception:list", roles=("laboratory",))
SITES = grant("lab:exception:own_sites", roles=("collector", "operator", "laboratory"))


@dataclass(frozen=True)
class Places:
    """Where somebody looks: as the laboratory, and as the organisation that runs the sites."""

    laboratories: tuple[UUID, ...]
    organisations: tuple[UUID, ...]


def access_trouble(actor: Actor, case_id: UUID, *, to: str = "") -> Trouble:
    """Load an exception of one's laboratory, for reading or, where `to` names a permission, for doing that.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but this may not be done.
    """
    found = queries.get_trouble(case_id)
    if found is None:
        raise NotVisible(case_id)
    access_case(actor, case_id, to=to)
    return found


def access_pair(actor: Actor, trouble: Trouble) -> Likeness | None:
    """The two records that an exception is about, for who has loaded it by `access_trouble`: the laboratory has tubes
    of both. Each look leaves an audit entry for each of the two."""
    pair = get_likeness(trouble.reference) if trouble.kind == Kind.TWO_RECORDS and trouble.reference else None
    if pair is not None:
        note_look(actor, pair.first, pair.second)
    return pair


def access_troubles(actor: Actor) -> Places:
    """The places whose exceptions the actor sees: the self-service page of a site, the list of a laboratory.

    Raises:
        NotVisible: for patients. NotAllowed: for staff whose roles reach none.
    """
    if not may_anywhere(actor, SITES):
        raise NotAllowed(SITES) if actor.memberships else NotVisible(SITES)
    laboratories = places_for(actor, LIST) if may_anywhere(actor, LIST) else []
    return Places(tuple(laboratories), tuple(places_for(actor, SITES)))
