"""Reads of the tree and of who works where."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from huizhen.people.organisations import tree
from huizhen.people.organisations.models import Kind, Membership, Organisation, Role
from huizhen.people.organisations.rules import WORKING
from huizhen.people.organisations.tree import Node

ACTIVE = Q(until__isnull=True)
KINDS = Kind.choices  # what a form offers
WORKING_ROLES = [(role.value, role.label) for role in Role if role in WORKING]


@dataclass(frozen=True)
class Colleague:
    """Somebody who holds a role."""

    membership_id: UUID
    account_id: UUID
    name: str
    role: str
    organisation_id: UUID


def below(organisation_id: UUID) -> list[UUID]:
    """The organisation and everything below it; nothing for an unknown one."""
    return list(tree.current().inside.get(organisation_id, ()))


def covers(organisation_id: UUID, other_id: UUID) -> bool:
    """Whether `other_id` is `organisation_id` itself or lies below it."""
    node = tree.current().nodes.get(other_id)
    return node is not None and organisation_id in node.path


def get_node(organisation_id: UUID) -> Node | None:
    """Name, kind and path of an organisation, from memory."""
    return tree.current().nodes.get(organisation_id)


def get_names(organisation_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of organisations, from memory; unknown ones are missing."""
    nodes = tree.current().nodes
    return {key: nodes[key].name for key in organisation_ids if key in nodes}


def get_full_name(organisation_id: UUID) -> str:
    """Hospital and department, as in `江城市人民医院 · 呼吸科`; a hospital's own name alone."""
    nodes = tree.current().nodes
    node = nodes.get(organisation_id)
    if node is None:
        return ""
    shown = [nodes[step] for step in node.path if nodes[step].kind in ("hospital", "clinic", "department")]
    return " · ".join(step.name for step in shown[-2:]) or node.name


def centre_for(organisation_id: UUID) -> UUID | None:
    """The consultation centre that serves an organisation: the nearest one that has one, itself or above it."""
    nodes = tree.current().nodes
    node = nodes.get(organisation_id)
    steps = reversed(node.path) if node else ()
    return next((step for step in steps if nodes[step].is_centre), None)


def hospital_of(organisation_id: UUID) -> UUID | None:
    """The hospital or clinic an organisation belongs to, itself or above it."""
    nodes = tree.current().nodes
    node = nodes.get(organisation_id)
    steps = reversed(node.path) if node else ()
    return next((step for step in steps if nodes[step].kind in ("hospital", "clinic")), None)


def list_organisations(organisation_ids: Iterable[UUID] | None = None) -> QuerySet[Organisation]:
    """Organisations by code; all of them, or those named."""
    rows = Organisation.objects.order_by("code")
    return rows if organisation_ids is None else rows.filter(pk__in=list(organisation_ids))


def list_region(organisation_ids: Iterable[UUID]) -> list[tuple[Organisation, int]]:
    """These organisations in the order of the tree, siblings by code, and how deep each lies below the highest."""
    rows = {row.pk: row for row in list_organisations(organisation_ids)}
    top = min((len(row.path) for row in rows.values()), default=0)
    ordered = sorted(rows.values(), key=lambda row: [rows[step].code for step in row.path if step in rows])
    return [(row, len(row.path) - top) for row in ordered]


def describe(row: Organisation) -> dict[str, Any]:
    """What is kept of an organisation, as its form shows it and its history tells it."""
    parent = str(row.parent_id) if row.parent_id else None
    return {"parent": parent, "kind": row.kind, "name": row.name, "code": row.code, "is_centre": row.is_centre}


def list_path(organisation_id: UUID) -> list[Node]:
    """The organisations from the root down to this one, itself the last."""
    nodes = tree.current().nodes
    node = nodes.get(organisation_id)
    return [nodes[step] for step in node.path] if node else []


def members(role: str, organisation_id: UUID) -> list[UUID]:
    """Accounts that hold `role` at exactly this organisation, active ones only, longest-serving first."""
    rows = Membership.objects.filter(ACTIVE, role=role, organisation_id=organisation_id, account__is_active=True)
    return list(rows.order_by("since", "id").values_list("account_id", flat=True))


def list_colleagues(organisation_id: UUID) -> list[Colleague]:
    """Everybody with a role at the organisation or below it."""
    rows = Membership.objects.filter(ACTIVE, organisation_id__in=below(organisation_id), account__is_active=True)
    rows = rows.select_related("account").order_by("account__name", "role")
    return [Colleague(m.pk, m.account_id, m.account.name, m.role, m.organisation_id) for m in rows]


def list_at_hospital(place_id: UUID, roles: Collection[str]) -> list[Colleague]:
    """Who works in one of these roles at the hospital that a place belongs to, its departments included; each once, by
    name."""
    found = list_colleagues(hospital_of(place_id) or place_id)
    return list({one.account_id: one for one in found if one.role in roles}.values())


def list_memberships(account_id: UUID) -> list[tuple[str, UUID]]:
    """The roles an account holds now, as (role, organisation)."""
    rows = Membership.objects.filter(ACTIVE, account_id=account_id).order_by("since", "id")
    return list(rows.values_list("role", "organisation_id"))


def role_label(role: str) -> str:
    """A role's name in the reader's language."""
    return str(Role(role).label) if role in Role.values else role


def list_roots() -> list[UUID]:
    """The organisations that lie below no other."""
    return [node.id for node in tree.current().nodes.values() if len(node.path) == 1]
