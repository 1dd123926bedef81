"""Who is behind a session, with the roles held now: one statement of every page."""

from typing import Any
from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend

from huizhen.kernel.statements import Source, gather
from huizhen.people.accounts.models import Account
from huizhen.people.organisations.models import Membership

ASKED = "SELECT %s::uuid AS id"
SOURCES = (
    Source(Account, "id = (SELECT id FROM asked)"),
    Source(Membership, "account_id = (SELECT id FROM asked) AND until IS NULL"),
)


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """allauth's way to log in; the account of a request comes with its memberships (`Account.held`)."""

    def get_user(self, user_id: Any) -> Account | None:
        """The account, if it may be used."""
        accounts, held = gather(ASKED, SOURCES, [UUID(str(user_id))])
        if not accounts or not self.user_can_authenticate(accounts[0]):
            return None
        account: Account = accounts[0]
        account.held = tuple(sorted(held, key=lambda one: (one.since, one.id)))
        return account
