"""Who may look after the tree and after memberships."""

from typing import Any
from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may
from huizhen.people.organisations import queries
from huizhen.people.organisations.models import Membership, Organisation
from huizhen.people.organisations.rules import ADMINISTRATORS, WORKING, is_working

SEE = grant("people:organisation:see", roles=("system_admin", "security_admin", "coordinator", "team_lead", "operator"))
MANAGE = grant("people:organisation:manage", roles=("system_admin", "operator"))
MEMBERS_SEE = grant("people:membership:see", roles=("system_admin", "security_admin"))
MEMBERS_MANAGE = grant("people:membership:manage", roles=("system_admin", "security_admin"))
# The working roles, to people who hold no other: what the operator of a region gives and ends.
WORKERS_MANAGE = grant("people:worker:manage", roles=("system_admin", "security_admin", "operator"))
# Accounts and doctors' data of those who hold working roles alone; administrators have permissions of their own.
WORKERS_KEEP = grant("people:worker:keep", roles=("operator",))
# A system administrator makes operators. Only the security administrator makes administrators, so that nobody can
# widen their own power.
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
    """Load a membership; for ending one (`MEMBERS_MANAGE`), by the permission that giving its role takes.

    Raises:
        NotVisible, NotAllowed: as `access_organisation`.
    """
    found = Membership.objects.select_related("organisation", "account").filter(pk=membership_id).first()
    seen = (MEMBERS_SEE, WORKERS_MANAGE)
    if found is None or not any(may(actor, one, found.organisation_id) for one in seen):
        raise NotVisible(membership_id)
    needed = permission_for(found.role, roles_of(found.account_id)) if to == MEMBERS_MANAGE else to
    if not may(actor, needed, found.organisation_id):
        raise NotAllowed(needed)
    return found


def check_known(actor: Actor, account: Any, organisation_id: UUID) -> None:
    """Whoever gives roles without managing members gives them to people of their own region only.

    Raises:
        NotVisible: employed elsewhere, and working elsewhere alone.
    """
    if may(actor, MEMBERS_MANAGE, organisation_id):
        return
    places = {place for _role, place in queries.list_memberships(account.pk)} | ({account.home_id} - {None})
    if not any(may(actor, WORKERS_MANAGE, place) for place in places):
        raise NotVisible(account.pk)


def permission_for(role: str, held: frozenset[str] = frozenset()) -> str:
    """The permission that giving this role to, or taking it from, somebody who holds `held` takes."""
    if role in ADMINISTRATORS:
        return ADMINISTRATORS_APPOINT
    return WORKERS_MANAGE if role in WORKING and is_working(held) else MEMBERS_MANAGE


def may_keep(actor: Actor, account_id: UUID, home_id: UUID | None) -> bool:
    """Whether the actor is an operator who looks after this person: employed in the region, and holding, anywhere,
    working roles alone."""
    return home_id is not None and may(actor, WORKERS_KEEP, home_id) and is_working(roles_of(account_id))


def roles_of(account_id: UUID) -> frozenset[str]:
    """Every role that somebody holds, anywhere."""
    return frozenset(role for role, _place in queries.list_memberships(account_id))


def may_for_house(actor: Actor, permission: str) -> bool:
    """Whether the actor holds the permission over the whole house: at one of the roots."""
    return any(may(actor, permission, root) for root in queries.list_roots())


def may_anywhere(actor: Actor, permission: str) -> bool:
    """Whether the actor holds the permission somewhere."""
    return actor.is_system or any(may(actor, permission, held.organisation_id) for held in actor.memberships)


def check_anywhere(actor: Actor, permission: str) -> None:
    """The actor holds the permission somewhere: for what holds for the whole house.

    Raises:
        NotAllowed: nowhere.
    """
    if not may_anywhere(actor, permission):
        raise NotAllowed(permission)


def places_for(actor: Actor, permission: str) -> list[UUID]:
    """Every organisation at which the actor holds the permission."""
    held = [place.organisation_id for place in actor.memberships if may(actor, permission, place.organisation_id)]
    return sorted({below for place in held for below in queries.below(place)})
