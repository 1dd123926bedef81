"""Reads of specialties and practitioners."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Case, F, IntegerField, Prefetch, Q, QuerySet, Value, When
from django.utils.translation import get_language

from huizhen.people.credentials.models import Practitioner, PractitionerSpecialty, Specialty, Title
from huizhen.people.organisations import queries as organisations

RANK = Case(
    *(When(title=title, then=Value(place)) for place, title in enumerate(Title.values)), output_field=IntegerField()
)
PAGE = 20
TITLES = Title.choices  # what a form offers, the highest first
FACTS = (
    "title", "subspecialty", "licence_number", "practising_since", "introduction", "accepting", "weekly_limit",
)  # fmt: skip
LICENSED = ("licence_valid_from", "licence_valid_until")
_seen: set[str] = set()


@dataclass(frozen=True)
class Expert:
    """One practitioner as a coordinator sees them."""

    id: UUID
    account_id: UUID
    name: str
    title: str
    title_label: str
    specialties: tuple[str, ...]
    subspecialty: str
    organisation_id: UUID
    place: str
    accepting: bool
    weekly_limit: int
    years: int | None
    introduction: str


@dataclass(frozen=True)
class Experts:
    """One page of a search; `next_page` is the number of the following one."""

    rows: tuple[Expert, ...]
    total: int
    next_page: int | None


def list_experts(
    *,
    on: date,
    text: str = "",
    specialty: str = "",
    organisation_id: UUID | None = None,
    accepting: bool | None = True,
    leave_out: Iterable[UUID] = (),
    page: int = 1,
) -> Experts:
    """Experts with a licence valid on a day, highest title first, then by name.

    `specialty` is a code and includes what lies below it; `text` is looked for in name, focus, specialty, hospital and
    introduction, every word of it; `leave_out` are accounts; `accepting=None` lists those who take no consultations
    too.
    """
    rows = _experts(on)
    if accepting is not None:
        rows = rows.filter(accepting=accepting)
    if specialty:
        rows = rows.filter(Q(specialties__code=specialty) | Q(specialties__code__startswith=f"{specialty}."))
    if organisation_id:
        rows = rows.filter(organisation_id__in=organisations.below(organisation_id))
    for word in text.split():
        rows = rows.filter(_word(word))
    rows = rows.exclude(account_id__in=list(leave_out)).distinct().order_by(F("rank"), "account__name", "id")
    total, start = rows.count(), (max(page, 1) - 1) * PAGE
    shown = tuple(_expert(row, on) for row in rows[start : start + PAGE])
    return Experts(shown, total, page + 1 if start + PAGE < total else None)


def list_experts_of(account_ids: Iterable[UUID], *, on: date) -> list[Expert]:
    """Those of these accounts that `list_experts` would show without a search, in its order; the same statements for
    one and for many."""
    rows = _experts(on).filter(account_id__in=list(account_ids)).distinct().order_by(F("rank"), "account__name", "id")
    return [_expert(row, on) for row in rows[:PAGE]]


def get_practitioner_of(account_id: UUID) -> Practitioner | None:
    """The practitioner behind an account."""
    return Practitioner.objects.filter(account_id=account_id).first()


def describe(doctor: Practitioner) -> dict[str, Any]:
    """What is kept of a practitioner, as the form shows it and, its licence number masked, the history tells it."""
    codes = PractitionerSpecialty.objects.filter(practitioner=doctor).order_by("specialty_id")
    facts = {name: getattr(doctor, name) for name in FACTS}
    licensed = {name: str(day) if (day := getattr(doctor, name)) else None for name in LICENSED}
    return facts | licensed | {"specialties": list(codes.values_list("specialty_id", flat=True))}


def list_expert_names(account_ids: Iterable[UUID]) -> dict[UUID, str]:
    """`沈毅 主任医师` for each account that is a practitioner."""
    rows = Practitioner.objects.filter(account_id__in=list(account_ids)).select_related("account")
    return {row.account_id: f"{row.account.name} {row.get_title_display()}" for row in rows}


def list_expert_choices(*, on: date) -> list[tuple[str, str]]:
    """Every expert for a form: account and `沈毅 · 江城大学附属医院 · 胸外科`, by name."""
    rows = _experts(on).order_by("account__name").distinct()
    return [
        (str(row.account_id), f"{row.account.name} · {organisations.get_full_name(row.organisation_id)}")
        for row in rows
    ]


def list_specialties() -> list[tuple[str, str]]:
    """Codes and names in the reader's language, in the order of the catalogue."""
    return [(row.code, specialty_name(row)) for row in Specialty.objects.order_by("code")]


def is_specialty(code: str) -> bool:
    """Whether the catalogue has this code. A code once seen is remembered: specialties are never removed."""
    if code not in _seen and Specialty.objects.filter(pk=code).exists():
        _seen.add(code)
    return code in _seen


def specialty_name(row: Specialty) -> str:
    """The name in the reader's language."""
    return row.name_en if (get_language() or "").startswith("en") and row.name_en else row.name


def has_licence(account_id: UUID, *, on: date) -> bool:
    """Whether this account is a practitioner whose licence is valid on a day."""
    return _licensed(on).filter(account_id=account_id, account__is_active=True).exists()


def _licensed(on: date) -> QuerySet[Practitioner]:
    return Practitioner.objects.filter(
        Q(licence_valid_from=None) | Q(licence_valid_from__lte=on),
        Q(licence_valid_until=None) | Q(licence_valid_until__gte=on),
    )


def _experts(on: date) -> QuerySet[Practitioner]:
    rows = _licensed(on).filter(
        account__is_active=True,
        account__memberships__role="expert",
        account__memberships__until=None,
    )
    return _detailed(rows)


def _detailed(rows: QuerySet[Practitioner]) -> QuerySet[Practitioner]:
    specialties = Prefetch("specialties", queryset=Specialty.objects.order_by("code"))
    return rows.select_related("account").prefetch_related(specialties).annotate(rank=RANK)


def _word(word: str) -> Q:
    fields = ("account__name", "subspecialty", "introduction", "specialties__name", "specialties__name_en")
    found = Q(organisation__path__overlap=_places_named(word))
    for field in fields:
        found |= Q(**{f"{field}__icontains": word})
    return found


def _places_named(word: str) -> list[UUID]:
    rows = organisations.list_organisations().filter(name__icontains=word)
    return list(rows.values_list("pk", flat=True))


def _expert(row: Practitioner, on: date) -> Expert:
    return Expert(
        id=row.pk,
        account_id=row.account_id,
        name=row.account.name,
        title=row.title,
        title_label=str(row.get_title_display()),
        specialties=tuple(specialty_name(one) for one in row.specialties.all()),
        subspecialty=row.subspecialty,
        organisation_id=row.organisation_id,
        place=organisations.get_full_name(row.organisation_id),
        accepting=row.accepting,
        weekly_limit=row.weekly_limit,
        years=on.year - row.practising_since if row.practising_since else None,
        introduction=row.introduction,
    )
