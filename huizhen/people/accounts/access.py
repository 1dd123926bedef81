"""Who may look after accounts."""

from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may
from huizhen.people.accounts.models import Account
from huizhen.people.organisations import queries as organisations

SEE = grant("people:account:see", roles=("system_admin", "security_admin"))
CREATE = grant("people:account:create", roles=("system_admin",))
CLOSE = grant("people:account:close", roles=("system_admin", "security_admin"))
# Whoever can reset a second factor can enter as that person, so it is the security administrator's alone.
SECURE = grant("people:account:secure", roles=("security_admin",))


def access_account(actor: Actor, account_id: UUID, *, to: str) -> Account:
    """Load an account for one of the permissions above, held at the account's home or where it has a role.

    Raises:
        NotVisible: there is none, or the actor may not see it.
        NotAllowed: the actor may see it, no more.
    """
    found = Account.objects.filter(pk=account_id).first()
    if found is None:
        raise NotVisible(account_id)
    places = _places(found)
    if may_somewhere(actor, to, places):
        return found
    if may_somewhere(actor, SEE, places):
        raise NotAllowed(to)
    raise NotVisible(account_id)


def may_somewhere(actor: Actor, permission: str, places: set[UUID]) -> bool:
    """Whether the actor holds the permission at one of these organisations; the system always does."""
    return actor.is_system or any(may(actor, permission, place) for place in places)


def _places(account: Account) -> set[UUID]:
    """Where an account belongs. A patient belongs to no organisation: whoever runs a root looks after them."""
    if account.kind == "patient":
        return set(organisations.list_roots())
    held = {place for _role, place in organisations.list_memberships(account.pk)}
    return held | ({account.home_id} if account.home_id else set())
