"""Writes to the tree and to memberships; every one leaves an audit entry."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotAllowed, NotVisible
from huizhen.people.organisations import access, queries, rules, tree
from huizhen.people.organisations.models import Membership, Organisation
from huizhen.people.seen import check_seen

CHANGED, MOVED = "people.organisation.changed", "people.organisation.moved"


class DoesNotFit(ValueError):
    """An organisation of this kind cannot lie there: a wrong kind, or below itself."""


class CodeTaken(ValueError):
    """Another organisation, perhaps of another region, has this code."""


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
        CodeTaken: another one has this code.
    """
    parent = access.access_organisation(actor, parent_id, to=access.MANAGE) if parent_id else None
    if parent is None and not actor.is_system:
        raise NotAllowed(access.MANAGE)
    if not rules.fits(parent.kind if parent else None, kind):
        raise DoesNotFit(kind)
    with _refusing(code), transaction.atomic():
        made = Organisation.objects.create(parent=parent, kind=kind, name=name, code=code, is_centre=is_centre)
        made.refresh_from_db(fields=["path"])
        _tell_organisation(actor, "people.organisation.created", made, {}, at)
    return made


def move_organisation(organisation_id: UUID, *, parent_id: UUID, actor: Actor, at: datetime) -> Organisation:
    """Hang an organisation, with all that lies below it, under another one.

    Raises:
        NotVisible, NotAllowed: the actor does not manage both.
        DoesNotFit: a kind that cannot lie there, or a ring.
    """
    return _write(organisation_id, {}, parent_id, "", actor=actor, at=at)


def change_organisation(
    organisation_id: UUID,
    *,
    name: str,
    code: str,
    is_centre: bool,
    actor: Actor,
    at: datetime,
    parent_id: UUID | None = None,
    seen: str = "",
) -> Organisation:
    """Rename an organisation, say whether it has a consultation centre, or hang it, with all that lies below it, under
    another one (`parent_id`; None: it stays). `seen` is the stamp of `queries.describe` as the page showed it.

    Raises:
        NotVisible, NotAllowed: the actor does not manage it, or not the other one.
        DoesNotFit: a kind that cannot lie there, or a ring.
        CodeTaken: another one has this code.
        ChangedMeanwhile: it is no longer as the page showed it.
    """
    fields = {"name": name, "code": code, "is_centre": is_centre}
    return _write(organisation_id, fields, parent_id, seen, actor=actor, at=at)


def add_membership(account_id: UUID, organisation_id: UUID, role: str, *, actor: Actor, at: datetime) -> Membership:
    """Give somebody a role. Nobody gives themselves one.

    Raises:
        NotVisible: no such place, or no such member of staff, for this actor.
        NotAllowed: the actor may not give this role here, or not to this person.
        RolesClash: held already, or two administrator roles in one person.
    """
    try:
        with transaction.atomic():
            account = _hold(account_id)
            held = access.roles_of(account_id)
            needed = access.permission_for(role, held)
            organisation = access.access_organisation(actor, organisation_id, to=needed)
            access.check_known(actor, account, organisation_id)
            if actor.account_id == account_id:
                raise NotAllowed(needed)
            if rules.clashes(role, held):
                raise RolesClash(role)
            given = Membership.objects.create(account=account, organisation=organisation, role=role, since=at)
            _tell_membership(actor, "people.membership.added", given, [None, role], at)
    except IntegrityError as error:
        raise RolesClash(role) from error
    return given


def end_membership(membership_id: UUID, *, actor: Actor, at: datetime) -> Membership:
    """End a role from now on; ending an ended one changes nothing.

    Raises:
        NotVisible, NotAllowed: the actor may not end this role, or not this person's.
    """
    with transaction.atomic():
        given = access.access_membership(actor, membership_id, to=access.MEMBERS_MANAGE)
        _hold(given.account_id)
        # Again, now that nobody can make an administrator of this person meanwhile.
        given = access.access_membership(actor, membership_id, to=access.MEMBERS_MANAGE)
        if given.until is None:
            given.until = max(at, given.since)
            given.save(update_fields=["until"])
            _tell_membership(actor, "people.membership.ended", given, [given.role, None], at)
    return given


def _write(
    organisation_id: UUID, fields: dict[str, Any], parent_id: UUID | None, seen: str, *, actor: Actor, at: datetime
) -> Organisation:
    access.access_organisation(actor, organisation_id, to=access.MANAGE)
    with _refusing(fields.get("code", "")), transaction.atomic():
        if parent_id:
            tree.hold()
        row = Organisation.objects.select_for_update().get(pk=organisation_id)
        before = queries.describe(row)
        check_seen(before, seen)
        for name, value in fields.items():
            setattr(row, name, value)
        written, action = [*fields], CHANGED
        if parent_id is not None and parent_id != row.parent_id:
            row.parent = _place_for(row, parent_id, actor)
            written, action = [*fields, "parent"], MOVED
        row.save(update_fields=written)
        if queries.describe(row) != before:
            _tell_organisation(actor, action, row, before, at)
    tree.forget()
    row.refresh_from_db(fields=["path"])
    return row


def _hold(account_id: UUID) -> Any:
    """Lock a member of staff: whoever gives, ends or judges roles of one person waits here for the other."""
    found = get_user_model().objects.select_for_update(no_key=True).filter(pk=account_id, kind="staff").first()
    if found is None:
        raise NotVisible(account_id)
    return found


def _place_for(row: Organisation, parent_id: UUID, actor: Actor) -> Organisation:
    """The organisation under which this one may be hung."""
    parent = access.access_organisation(actor, parent_id, to=access.MANAGE)
    if not rules.fits(parent.kind, row.kind):
        raise DoesNotFit(row.kind)
    return parent


@contextmanager
def _refusing(code: str) -> Iterator[None]:
    """What the database refuses about an organisation, as our own errors."""
    try:
        yield
    except IntegrityError as error:
        tree.forget()
        if isinstance(error.__cause__, UniqueViolation):
            raise CodeTaken(code) from error
        raise DoesNotFit("below itself") from error


def _tell_organisation(actor: Actor, action: str, row: Organisation, before: dict[str, Any], at: datetime) -> None:
    audit.record(
        actor,
        action,
        subject_kind="organisation",
        subject_id=row.pk,
        organisation_id=row.pk,
        data={"code": row.code, "changed": audit.compare(before, queries.describe(row))},
        at=at,
    )


def _tell_membership(actor: Actor, action: str, row: Membership, roles: list[str | None], at: datetime) -> None:
    audit.record(
        actor,
        action,
        subject_kind="account",
        subject_id=row.account_id,
        organisation_id=row.organisation_id,
        data={"role": row.role, "membership": str(row.pk), "changed": {"role": roles}},
        at=at,
    )
