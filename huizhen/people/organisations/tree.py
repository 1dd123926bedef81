"""The tree of organisations in memory: small, read at every decision, changed once a week."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models.signals import post_delete, post_save

from huizhen.kernel import clock
from huizhen.people.organisations.models import Organisation, TreeVersion

LOOK_AGAIN = timedelta(seconds=1)


@dataclass(frozen=True)
class Node:
    """One organisation as the tree knows it; `path` runs from the root to itself."""

    id: UUID
    kind: str
    name: str
    is_centre: bool
    path: tuple[UUID, ...]


@dataclass(frozen=True)
class Tree:
    """One version of the whole tree. Never changed: a newer version takes its place."""

    version: int
    nodes: dict[UUID, Node]
    inside: dict[UUID, tuple[UUID, ...]]


@dataclass
class Held:
    """What this process holds, and when it last asked whether there is something newer."""

    tree: Tree | None = None
    asked_at: datetime | None = None


_held = Held()


def current() -> Tree:
    """The tree, at most `LOOK_AGAIN` behind other processes and never behind this one.

    The version row is read in the caller's transaction: a tree read inside a transaction that is rolled
    back has another version than the one found afterwards, and so is dropped.
    """
    moment = clock.now()
    if _held.tree and _held.asked_at and abs(moment - _held.asked_at) < LOOK_AGAIN:
        return _held.tree
    version = TreeVersion.objects.values_list("version", flat=True).first() or 0
    tree = _held.tree
    if tree is None or tree.version != version:
        tree = _load(version)
    _held.tree, _held.asked_at = tree, moment
    return tree


def forget(**_signal: object) -> None:
    """Drop the tree; the next question reads it anew."""
    _held.tree = None


def hold() -> None:
    """Let no other move begin before this transaction ends: asked before any row is locked, so that two moves, each of
    which carries the other's rows along, wait for each other here and not for each other's rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('people_organisation.path'))")


def _load(version: int) -> Tree:
    columns = ("id", "kind", "name", "is_centre", "path")
    nodes = {
        key: Node(key, kind, name, is_centre, tuple(path))
        for key, kind, name, is_centre, path in Organisation.objects.order_by("code").values_list(*columns)
    }
    inside = defaultdict(list)
    for node in nodes.values():
        for step in node.path:
            inside[step].append(node.id)
    return Tree(version, nodes, {key: tuple(found) for key, found in inside.items()})


post_save.connect(forget, sender=Organisation, dispatch_uid="people.tree.saved")
post_delete.connect(forget, sender=Organisation, dispatch_uid="people.tree.deleted")
