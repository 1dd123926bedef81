"""Who sees how reporting stands."""

from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, directory, grant
from huizhen.lab.reporting import queries
from huizhen.lab.reporting.models import Upstream
from huizhen.people.organisations.access import may_anywhere, places_for

SEE = grant("lab:reporting:see", roles=("laboratory", "operator"))


def access_reporting(actor: Actor) -> tuple[list[UUID], list[Upstream]]:
    """The laboratories the actor answers for, and the platforms their results go to.

    Raises:
        NotVisible: for patients. NotAllowed: for staff without such a role.
    """
    if not may_anywhere(actor, SEE):
        raise NotAllowed(SEE) if actor.memberships else NotVisible(SEE)
    places = places_for(actor, SEE)
    upstreams = [
        one
        for one in queries.list_upstreams()
        if any(directory().covers(one.organisation_id, place) for place in places)
    ]
    return places, upstreams
