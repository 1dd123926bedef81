"""Writes to the tree and to memberships; every one leaves an audit entry."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotAllowed
from huizhen.people.organisations import access, queries, rules, tree
from huizhen.people.organisations.models import Membership, Organisation


class DoesNotFit(ValueError):
    """An organisation of this kind cannot lie there: a wrong kind, or below itself."""


class RolesClash(ValueError):
    """One person would hold two of the three administrator roles, or a role that they hold already."""


def create_organisation(
    *,
    actor: Actor,
    at: datetime,
    parent_id: UUID | None,
    kind: str,
    name: str,
    code: str,
    is_centre: bool = False,
) -> Organisation:
    """Add an organisation below one the actor manages; only the system itself makes roots.

    Raises:
        NotVisible, NotAllowed: the actor does not manage the parent.
        DoesNotFit: a kind that cannot lie there.
    """
    parent = access.access_organisation(actor, parent_id, to=access.MANAGE) if parent_id else None
    if parent is None and not actor.is_system:
        raise NotAllowed(access.MANAGE)
    if not rules.fits(parent.kind if parent else None, kind):
        raise DoesNotFit(kind)
    with transaction.atomic():
        made = Organisation.objects.create(parent=parent, kind=kind, name=name, code=code, is_centre=is_centre)
        made.refresh_from_db(fields=["path"])
        _tell_organisation(actor, "people.organisation.created", made, at)
    return made


def move_organisation(organisation_id: UUID, *, parent_id: UUID, actor: Actor, at: datetime) -> Organisation:
    """Hang an organisation, with all that lies below it, under another one.

    Raises:
        NotVisible, NotAllowed: the actor does not manage both.
        DoesNotFit: a kind that cannot lie there, or a ring.
    """
    moved = access.access_organisation(actor, organisation_id, to=access.MANAGE)
    parent = access.access_organisation(actor, parent_id, to=access.MANAGE)
    if not rules.fits(parent.kind, moved.kind):
        raise DoesNotFit(moved.kind)
    moved.parent = parent
    try:
        with transaction.atomic():
            moved.save(update_fields=["parent"])
            _tell_organisation(actor, "people.organisation.moved", moved, at, parent=str(parent.pk))
    except IntegrityError as error:
        raise DoesNotFit("below itself") from error
    finally:
        tree.forget()
    moved.refresh_from_db(fields=["path"])
    return moved


def change_organisation(
    organisation_id: UUID, *, name: str, code: str, is_centre: bool, actor: Actor, at: datetime
) -> Organisation:
    """Rename an organisation, or say whether it has a consultation centre.

    Raises:
        NotVisible, NotAllowed: the actor does not manage it.
    """
    access.access_organisation(actor, organisation_id, to=access.MANAGE)
    with transaction.atomic():
        row = Organisation.objects.select_for_update().get(pk=organisation_id)
        row.name, row.code, row.is_centre = name, code, is_centre
        row.save(update_fields=["name", "code", "is_centre"])
        _tell_organisation(actor, "people.organisation.changed", row, at)
    return row


def add_membership(account_id: UUID, organisation_id: UUID, role: str, *, actor: Actor, at: datetime) -> Membership:
    """Give somebody a role. Nobody gives themselves one.

    Raises:
        NotVisible, NotAllowed: the actor may not give this role here.
        RolesClash: held already, or two administrator roles in one person.
    """
    organisation = access.access_organisation(actor, organisation_id, to=access.permission_for(role))
    if actor.account_id == account_id:
        raise NotAllowed(access.permission_for(role))
    if rules.clashes(role, frozenset(held for held, _place in queries.list_memberships(account_id))):
        raise RolesClash(role)
    account = get_user_model().objects.get(pk=account_id, kind="staff")
    try:
        with transaction.atomic():
            given = Membership.objects.create(account=account, organisation=organisation, role=role, since=at)
            _tell_membership(actor, "people.membership.added", given, at)
    except IntegrityError as error:
        raise RolesClash(role) from error
    return given


def end_membership(membership_id: UUID, *, actor: Actor, at: datetime) -> Membership:
    """End a role from now on; ending an ended one changes nothing.

    Raises:
        NotVisible, NotAllowed: the actor may not end this role.
    """
    access.access_membership(actor, membership_id, to=access.MEMBERS_MANAGE)
    with transaction.atomic():
        given = Membership.objects.select_for_update().get(pk=membership_id)
        if given.until is None:
            given.until = max(at, given.since)
            given.save(update_fields=["until"])
            _tell_membership(actor, "people.membership.ended", given, at)
    return given


def _tell_organisation(actor: Actor, action: str, row: Organisation, at: datetime, **data: str) -> None:
    audit.record(
        actor,
        action,
        subject_kind="organisation",
        subject_id=row.pk,
        organisation_id=row.pk,
        data={"code": row.code, **data},
        at=at,
    )


def _tell_membership(actor: Actor, action: str, row: Membership, at: datetime) -> None:
    audit.record(
        actor,
        action,
        subject_kind="account",
        subject_id=row.account_id,
        organisation_id=row.organisation_id,
        data={"role": row.role, "membership": str(row.pk)},
        at=at,
    )
