"""Who may look after accounts."""

from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may
from huizhen.people.accounts.models import Account
from huizhen.people.organisations import access as places
from huizhen.people.organisations import queries as organisations

SEE = grant("people:account:see", roles=("system_admin", "security_admin"))
CREATE = grant("people:account:create", roles=("system_admin",))
CLOSE = grant("people:account:close", roles=("system_admin", "security_admin"))
# Whoever can reset a second factor can enter as that person, so it is the security administrator's alone.
SECURE = grant("people:account:secure", roles=("security_admin",))
# What an operator may do with the accounts that `organisations.access.may_keep` leaves to operators.
KEPT = frozenset({CREATE, CLOSE})


def access_account(actor: Actor, account_id: UUID, *, to: str, hold: bool = False) -> Account:
    """Load an account for one of the permissions above, held at the account's home or where it has a role. An operator
    sees the staff who belong to the region, and may do what `KEPT` names.

    `hold` locks the account, so that no role is given before the caller's transaction ends.

    Raises:
        NotVisible: there is none, or the actor may not see it.
        NotAllowed: the actor may see it, no more.
    """
    rows = Account.objects.select_for_update(no_key=True) if hold else Account.objects.all()
    found = rows.filter(pk=account_id).first()
    if found is None:
        raise NotVisible(account_id)
    around = _places(found)
    region = found.kind == "staff" and may_somewhere(actor, places.WORKERS_KEEP, around)
    if may_somewhere(actor, to, around) or (to in KEPT and may_keep(actor, found)) or (to == SEE and region):
        return found
    if region or may_somewhere(actor, SEE, around):
        raise NotAllowed(to)
    raise NotVisible(account_id)


def access_new_account(actor: Actor, organisation_id: UUID) -> None:
    """Whether the actor makes accounts at this organisation.

    Raises:
        NotVisible: no.
    """
    if not may_somewhere(actor, CREATE, {organisation_id}) and not may(actor, places.WORKERS_KEEP, organisation_id):
        raise NotVisible(organisation_id)


def may_keep(actor: Actor, account: Account) -> bool:
    """Whether the actor is an operator who looks after this account."""
    return account.kind == "staff" and places.may_keep(actor, account.pk, account.home_id)


def may_somewhere(actor: Actor, permission: str, places: set[UUID]) -> bool:
    """Whether the actor holds the permission at one of these organisations; the system always does."""
    return actor.is_system or any(may(actor, permission, place) for place in places)


def _places(account: Account) -> set[UUID]:
    """Where an account belongs. A patient belongs to no organisation: whoever runs a root looks after them."""
    if account.kind == "patient":
        return set(organisations.list_roots())
    held = {place for _role, place in organisations.list_memberships(account.pk)}
    return held | ({account.home_id} if account.home_id else set())
