"""The one who acts: an account with its memberships, or the system itself."""

from dataclasses import dataclass, field
from uuid import UUID

from huizhen.kernel.access.refusals import NotAllowed


@dataclass(frozen=True)
class Membership:
    """A role somebody holds at an organisation; it reaches over the organisation's whole subtree."""

    role: str
    organisation_id: UUID


@dataclass(frozen=True)
class Actor:
    """Who acts, as far as decisions need to know. Built once per request by `people.accounts`.

    `patient_ids` are the patients this account is or is guardian of; `origin` is where the request came from,
    kept for the audit (`{"ip": …, "request": …}`), never health data.
    """

    account_id: UUID | None
    name: str = ""
    memberships: tuple[Membership, ...] = ()
    patient_ids: frozenset[UUID] = frozenset()
    is_system: bool = False
    origin: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def account(self) -> UUID:
        """The account behind an act that must be somebody's.

        Raises:
            NotAllowed: nobody is logged in, or the system acts.
        """
        if self.account_id is None:
            raise NotAllowed("anybody:log_in")
        return self.account_id

    def roles(self) -> frozenset[str]:
        """The names of all roles held anywhere."""
        return frozenset(membership.role for membership in self.memberships)

    def organisations(self, role: str) -> tuple[UUID, ...]:
        """The organisations at which this role is held."""
        return tuple(m.organisation_id for m in self.memberships if m.role == role)


SYSTEM = Actor(account_id=None, name="system", is_system=True)
