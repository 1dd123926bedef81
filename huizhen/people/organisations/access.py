"""Who may look after the tree and after memberships."""

from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may
from huizhen.people.organisations import queries
from huizhen.people.organisations.models import Membership, Organisation
from huizhen.people.organisations.rules import ADMINISTRATORS

SEE = grant("people:organisation:see", roles=("system_admin", "security_admin", "coordinator", "team_lead", "operator"))
MANAGE = grant("people:organisation:manage", roles=("system_admin",))
MEMBERS_SEE = grant("people:membership:see", roles=("system_admin", "security_admin"))
MEMBERS_MANAGE = grant("people:membership:manage", roles=("system_admin", "security_admin"))
# A system administrator gives the working roles. Only the security administrator makes administrators,
# so that nobody can widen their own power.
ADMINISTRATORS_APPOINT = grant("people:administrator:appoint", roles=("security_admin",))
# What belongs to no single organisation: specialties, deadlines, holidays.
HOUSE = grant("people:house:manage", roles=("system_admin",))


def access_organisation(actor: Actor, organisation_id: UUID, *, to: str) -> Organisation:
    """Load an organisation for one of the permissions above.

    Raises:
        NotVisible: there is none, or the actor may not even see it.
        NotAllowed: the actor may see it, no more.
    """
    found = Organisation.objects.filter(pk=organisation_id).first()
    if found is None:
        raise NotVisible(organisation_id)
    if may(actor, to, found.pk):
        return found
    if any(may(actor, seen, found.pk) for seen in (SEE, MEMBERS_SEE)):
        raise NotAllowed(to)
    raise NotVisible(organisation_id)


def access_membership(actor: Actor, membership_id: UUID, *, to: str) -> Membership:
    """Load a membership; for ending one, the permission that giving its role takes.

    Raises:
        NotVisible, NotAllowed: as `access_organisation`.
    """
    found = Membership.objects.select_related("organisation", "account").filter(pk=membership_id).first()
    if found is None or not may(actor, MEMBERS_SEE, found.organisation_id):
        raise NotVisible(membership_id)
    needed = permission_for(found.role) if to == MEMBERS_MANAGE else to
    if not may(actor, needed, found.organisation_id):
        raise NotAllowed(needed)
    return found


def permission_for(role: str) -> str:
    """The permission that giving or ending this role takes."""
    return ADMINISTRATORS_APPOINT if role in ADMINISTRATORS else MEMBERS_MANAGE


def may_for_house(actor: Actor, permission: str) -> bool:
    """Whether the actor holds the permission over the whole house: at one of the roots."""
    return any(may(actor, permission, root) for root in queries.list_roots())


def may_anywhere(actor: Actor, permission: str) -> bool:
    """Whether the actor holds the permission somewhere."""
    return actor.is_system or any(may(actor, permission, held.organisation_id) for held in actor.memberships)


def places_for(actor: Actor, permission: str) -> list[UUID]:
    """Every organisation at which the actor holds the permission."""
    held = [place.organisation_id for place in actor.memberships if may(actor, permission, place.organisation_id)]
    return sorted({below for place in held for below in queries.below(place)})
