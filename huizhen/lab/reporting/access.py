"""Who sees how reporting stands."""

from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, directory, grant, may
from huizhen.lab.reporting import queries
from huizhen.lab.reporting.models import Batch, Delivery, Upstream, Way
from huizhen.people.organisations.access import may_anywhere, places_for

SEE = grant("lab:reporting:see", roles=("laboratory", "operator"))
FILL = grant("lab:reporting:fill", roles=("laboratory", "operator"))
AGAIN = grant("lab:reporting:again", roles=("laboratory", "operator"))
HAND_IN = grant("lab:reporting:hand_in", roles=("laboratory", "operator"))


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


def access_upstream(actor: Actor, upstream_id: UUID) -> Upstream:
    """Load a platform to report earlier results to it: for who answers for all laboratories that report to it.

    Raises:
        NotVisible: there is none in use, or not for this actor. NotAllowed: seen, but it wants others' results too.
    """
    return _access(actor, upstream_id, FILL)


def access_try(actor: Actor, upstream_id: UUID) -> Upstream:
    """Load a platform to try it now, because what kept us out is mended: for who answers for all laboratories that
    report to it.

    Raises:
        NotVisible: there is none in use, or not for this actor. NotAllowed: seen, but it wants others' results too.
    """
    return _access(actor, upstream_id, AGAIN)


def _access(actor: Actor, upstream_id: UUID, to: str) -> Upstream:
    _places, upstreams = access_reporting(actor)
    found = next((one for one in upstreams if one.id == upstream_id), None)
    if found is None:
        raise NotVisible(upstream_id)
    if not may(actor, to, found.organisation_id):
        raise NotAllowed(to)
    return found


def access_by_hand(actor: Actor, upstream_id: UUID) -> Upstream:
    """Load a platform that is reported to by hand, to make batches for it: for who answers for all laboratories whose
    results its files hold.

    Raises:
        NotVisible: there is none in use, it is reported to over the network, or not for this actor. NotAllowed: seen,
            but its files hold others' results too.
    """
    found = _access(actor, upstream_id, HAND_IN)
    if found.way != Way.HAND:
        raise NotVisible(upstream_id)
    return found


def access_batch(actor: Actor, batch_id: UUID) -> Batch:
    """Load a batch that a person carries, with its file's story. Raises as `access_by_hand`."""
    found = queries.get_carried(batch_id)
    if found is None:
        access_reporting(actor)
        raise NotVisible(batch_id)
    access_by_hand(actor, found.upstream_id)
    return found


def may_fill(actor: Actor, upstream: Upstream) -> bool:
    """Whether `access_upstream` would let this actor in."""
    return may(actor, FILL, upstream.organisation_id)


def may_try(actor: Actor, upstream: Upstream) -> bool:
    """Whether `access_try` would let this actor in."""
    return may(actor, AGAIN, upstream.organisation_id)


def may_hand_in(actor: Actor, upstream: Upstream) -> bool:
    """Whether `access_by_hand` would let this actor in."""
    return upstream.way == Way.HAND and may(actor, HAND_IN, upstream.organisation_id)


def access_delivery(actor: Actor, delivery_id: UUID) -> Delivery:
    """Load a delivery to have it sent again: for who answers for the laboratory that made the result.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but this may not be done there.
    """
    found = queries.get_delivery(delivery_id)
    place = found.observation.tube.laboratory_id if found else None
    if found is None or place is None or not may(actor, SEE, place):
        raise NotVisible(delivery_id)
    if not may(actor, AGAIN, place):
        raise NotAllowed(AGAIN)
    return found
