"""Reads of a region's staff, with what they are and where."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from huizhen.people.accounts.models import Account, Kind
from huizhen.people.credentials.models import Practitioner, Specialty
from huizhen.people.credentials.queries import specialty_name
from huizhen.people.organisations import queries as organisations
from huizhen.people.organisations.models import Membership

PAGE = 30


@dataclass(frozen=True)
class Held:
    """One role that somebody holds in the region."""

    membership_id: UUID
    role: str
    label: str
    organisation_id: UUID
    place: str


@dataclass(frozen=True)
class Member:
    """One of the staff, as a list shows them."""

    id: UUID
    name: str
    username: str
    is_active: bool
    place: str
    roles: tuple[Held, ...]
    title: str
    specialties: tuple[str, ...]


@dataclass(frozen=True)
class Staff:
    """One page of a search; `next_page` is the number of the following one."""

    rows: tuple[Member, ...]
    total: int
    next_page: int | None


def list_staff(
    region: Collection[UUID],
    *,
    text: str = "",
    role: str = "",
    specialty: str = "",
    organisation_id: UUID | None = None,
    closed: bool = False,
    page: int = 1,
) -> Staff:
    """The staff of these organisations by name: open accounts, or closed ones.

    Every word of `text` is looked for in name, log-in name and organisation; `specialty` is a code and includes what
    lies below it; `organisation_id` includes what lies below it.
    """
    within = set(region) & set(organisations.below(organisation_id)) if organisation_id else set(region)
    rows = Account.objects.filter(_belongs(within), kind=Kind.STAFF, is_active=not closed)
    if role:
        rows = rows.filter(Exists(_held(within).filter(role=role)))
    if specialty:
        below = Q(specialties__code=specialty) | Q(specialties__code__startswith=f"{specialty}.")
        rows = rows.filter(Exists(Practitioner.objects.filter(below, account=OuterRef("pk"))))
    for word in text.split():
        named = [key for key in _places_named(word) if key in within]
        rows = rows.filter(Q(name__icontains=word) | Q(username__icontains=word) | _belongs(named))
    rows = rows.order_by("name", "username", "id")
    total, start = rows.count(), (max(page, 1) - 1) * PAGE
    shown = tuple(_member(row, set(region)) for row in _detailed(rows)[start : start + PAGE])
    return Staff(shown, total, page + 1 if start + PAGE < total else None)


def get_member(account_id: UUID, region: Collection[UUID]) -> Member | None:
    """One of them, with the roles held in the region."""
    row = _detailed(Account.objects.filter(_belongs(region), kind=Kind.STAFF, pk=account_id)).first()
    return _member(row, set(region)) if row else None


def count_staff(region: Collection[UUID]) -> dict[UUID, int]:
    """How many people with an open account hold a role at each of these organisations itself."""
    rows = Membership.objects.filter(organisations.ACTIVE, organisation_id__in=list(region), account__is_active=True)
    counted = rows.values("organisation_id").annotate(n=Count("account_id", distinct=True))
    return dict(counted.values_list("organisation_id", "n"))


def _belongs(places: Iterable[UUID]) -> Q:
    """Employed at one of these, or working there."""
    keys = list(places)
    return Q(home_id__in=keys) | Q(Exists(_held(keys)))


def _held(places: Iterable[UUID]) -> QuerySet[Membership]:
    return Membership.objects.filter(organisations.ACTIVE, account=OuterRef("pk"), organisation_id__in=list(places))


def _places_named(word: str) -> list[UUID]:
    """Organisations with this word in their name, and all that lies below them."""
    named = organisations.list_organisations().filter(name__icontains=word).values_list("pk", flat=True)
    return [below for place in named for below in organisations.below(place)]


def _detailed(rows: QuerySet[Account]) -> QuerySet[Account]:
    roles = Membership.objects.filter(organisations.ACTIVE).order_by("since", "id")
    specialties = Specialty.objects.order_by("code")
    return rows.select_related("practitioner").prefetch_related(
        Prefetch("memberships", queryset=roles), Prefetch("practitioner__specialties", queryset=specialties)
    )


def _member(row: Account, region: set[UUID]) -> Member:
    doctor: Practitioner | None = getattr(row, "practitioner", None)
    held = tuple(
        Held(one.pk, one.role, organisations.role_label(one.role), one.organisation_id,
             organisations.get_full_name(one.organisation_id))
        for one in row.memberships.all() if one.organisation_id in region
    )  # fmt: skip
    home = organisations.get_full_name(row.home_id) if row.home_id else ""
    return Member(
        row.pk, row.name, row.username, row.is_active, home or next((one.place for one in held), ""), held,
        str(doctor.get_title_display()) if doctor else "",
        tuple(specialty_name(one) for one in doctor.specialties.all()) if doctor else (),
    )  # fmt: skip
