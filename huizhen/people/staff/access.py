"""Whom an operator sees: everybody who is employed, or works, in the operator's region."""

from dataclasses import dataclass
from uuid import UUID

from huizhen.kernel.access import Actor, NotVisible
from huizhen.people.accounts.access import SEE, access_account
from huizhen.people.accounts.access import may_keep as may_keep_account
from huizhen.people.organisations.access import WORKERS_KEEP, places_for, roles_of
from huizhen.people.organisations.rules import is_working
from huizhen.people.staff.queries import Member, get_member


@dataclass(frozen=True)
class Known(Member):
    """One of the region's staff, with what an operator may do. `is_kept`: account and doctor's data may be changed;
    `takes_roles`: working roles may be given and ended. Neither: the administrators look after this person."""

    is_kept: bool
    takes_roles: bool


def access_region(actor: Actor) -> list[UUID]:
    """The organisations whose staff the actor looks after.

    Raises:
        NotVisible: the actor is no operator.
    """
    places = places_for(actor, WORKERS_KEEP)
    if not places:
        raise NotVisible(WORKERS_KEEP)
    return places


def access_member(actor: Actor, account_id: UUID) -> Known:
    """One of the staff of the actor's region.

    Raises:
        NotVisible: no operator, or nobody of the region.
    """
    region = access_region(actor)
    account = access_account(actor, account_id, to=SEE)
    found = get_member(account_id, region)
    if found is None:
        raise NotVisible(account_id)
    takes = is_working(roles_of(account_id))
    return Known(**vars(found), is_kept=may_keep_account(actor, account), takes_roles=takes)
