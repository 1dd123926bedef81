"""Who keeps the roster, and who answers a ring."""

from uuid import UUID

from huizhen.consult.duty.models import DutyShift, Ring
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may
from huizhen.people.organisations.access import places_for
from huizhen.people.organisations.queries import get_node

SEE = grant("consult:duty:see", roles=("coordinator", "team_lead", "operator", "system_admin"))
KEEP = grant("consult:duty:keep", roles=("team_lead", "operator", "system_admin"))


def list_centres(actor: Actor, *, to: str = SEE) -> list[UUID]:
    """The consultation centres whose roster the actor may see, or keep."""
    return [place for place in places_for(actor, to) if getattr(get_node(place), "is_centre", False)]


def check_keep(actor: Actor, centre_id: UUID) -> None:
    """The actor keeps this centre's roster.

    Raises:
        NotAllowed: they do not.
    """
    if not may(actor, KEEP, centre_id):
        raise NotAllowed(KEEP)


def access_shift(actor: Actor, shift_id: UUID) -> DutyShift:
    """A shift, to be changed.

    Raises:
        NotVisible: there is none. NotAllowed: not the actor's roster.
    """
    found = DutyShift.objects.filter(pk=shift_id).first()
    if found is None or not may(actor, SEE, found.centre_id):
        raise NotVisible(shift_id)
    check_keep(actor, found.centre_id)
    return found


def access_ring(actor: Actor, ring_id: UUID) -> Ring:
    """One's own ring.

    Raises:
        NotVisible: there is none for this actor.
    """
    found = Ring.objects.select_related("case").filter(pk=ring_id, account_id=actor.account_id).first()
    if found is None:
        raise NotVisible(ring_id)
    return found
