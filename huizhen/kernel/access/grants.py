"""Permissions: `module:thing:verb`, granted to roles, to participants of a case, or to the system.

A feature declares its grants in its `access.py`; nothing is permitted that was not granted.
"""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from huizhen.kernel.access.actors import Actor
from huizhen.kernel.access.directory import directory

ANYONE = "*"


@dataclass(frozen=True)
class Grant:
    """Who holds a permission.

    `roles`: by membership at the case's organisation or above it. `team_roles`: by membership at the organisation
    whose team owns the case. `participants`: by taking part in the case in that capacity.
    """

    permission: str
    roles: frozenset[str] = frozenset()
    team_roles: frozenset[str] = frozenset()
    participants: frozenset[str] = frozenset()


class CaseLike(Protocol):
    """The columns of a case that decide who may do what."""

    @property
    def id(self) -> UUID:
        """The case's own id."""

    @property
    def organisation_id(self) -> UUID:
        """Where the case was opened."""

    @property
    def team_organisation_id(self) -> UUID | None:
        """Whose team works on it."""


grants: dict[str, Grant] = {}


def grant(
    permission: str,
    *,
    roles: tuple[str, ...] = (),
    team_roles: tuple[str, ...] = (),
    participants: tuple[str, ...] = (),
) -> str:
    """Declare who holds a permission and return its name. Declaring it twice with other holders is an error."""
    new = Grant(permission, frozenset(roles), frozenset(team_roles), frozenset(participants))
    if grants.setdefault(permission, new) != new:
        raise ValueError(f"{permission} is granted twice, differently")
    return permission


def may(actor: Actor, permission: str, organisation_id: UUID) -> bool:
    """Whether the actor holds the permission by role at this organisation or above it."""
    if actor.is_system:
        return True
    held = grants[permission].roles
    return any(m.role in held and directory().covers(m.organisation_id, organisation_id) for m in actor.memberships)


def may_on_case(actor: Actor, permission: str, case: CaseLike, capacities: Any = ()) -> bool:
    """Whether the actor holds the permission on this case; `capacities` are the actor's active roles in it."""
    if actor.is_system:
        return True
    held = grants[permission]
    if held.participants & set(capacities):
        return True
    if case.team_organisation_id and any(
        m.role in held.team_roles and m.organisation_id == case.team_organisation_id for m in actor.memberships
    ):
        return True
    return bool(held.roles) and may(actor, permission, case.organisation_id)
