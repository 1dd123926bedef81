"""Reads of the catalogue: the whole of it for the rules, single things for pages."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from huizhen.lab.catalogue.models import Coding, ControlTarget, Item, Panel, Range
from huizhen.lab.catalogue.rules import Assay, Limits, Span, choose_span

EVERY = ""


@dataclass(frozen=True)
class Target:
    """What a control must give."""

    lot: str
    low: Decimal | None
    high: Decimal | None
    presence: str


@dataclass(frozen=True)
class Catalogue:
    """The catalogue as one batch of results needs it."""

    tests: dict[int, Assay]
    codings: dict[tuple[str, str], tuple[int, str, Decimal]]
    targets: dict[int, tuple[Target, ...]]

    def find(self, source: str, code: str) -> tuple[Assay, str, Decimal] | None:
        """The test behind an instrument's code, the unit it is sent in and the factor to ours; by the profile's own
        codings first, then by those for all."""
        found = self.codings.get((source, code)) or self.codings.get((EVERY, code))
        return (self.tests[found[0]], found[1], found[2]) if found else None

    def usual(self, item_id: int, sex: str, age_days: int) -> Limits | None:
        """The limits that hold for a person of this sex and age; nothing where there are none, or the item is not in
        use any more."""
        test = self.tests.get(item_id)
        span = choose_span(test.spans, sex, age_days) if test else None
        return span.limits if span and (span.limits.low is not None or span.limits.high is not None) else None


def load_catalogue() -> Catalogue:
    """Everything that is in use: three short statements, so that a changed range holds from the next batch on."""
    spans: dict[int, list[Span]] = defaultdict(list)
    for row in Range.objects.all():
        limits = Limits(row.low, row.high, row.critical_low, row.critical_high)
        spans[row.item_id].append(Span(row.sex, row.from_days, row.to_days, limits))
    items = {item.id: item for item in Item.objects.filter(is_active=True)}
    codings: dict[tuple[str, str], tuple[int, str, Decimal]] = {}
    for item in items.values():  # a LOINC or our own code is understood without being mapped
        codings[EVERY, item.loinc] = codings[EVERY, item.code] = (item.id, "", Decimal(1))
    for coding in Coding.objects.filter(item__in=items):
        codings[coding.source, coding.code] = (coding.item_id, coding.unit, coding.factor)
    targets: dict[int, list[Target]] = defaultdict(list)
    for target in ControlTarget.objects.all():
        targets[target.item_id].append(Target(target.lot, target.low, target.high, target.presence))
    tests = {key: _test(item, tuple(spans[key])) for key, item in items.items()}
    return Catalogue(tests, codings, {key: tuple(found) for key, found in targets.items()})


def _test(item: Item, spans: tuple[Span, ...]) -> Assay:
    return Assay(
        id=item.id, code=item.code, panel=item.panel_id, kind=item.kind, unit=item.unit,
        plausible_low=item.plausible_low, plausible_high=item.plausible_high, delta_percent=item.delta_percent,
        delta_days=item.delta_days, auto_release=item.auto_release, spans=spans,
    )  # fmt: skip


def list_panels(*, poolable: bool | None = None) -> QuerySet[Panel]:
    """Panels in use, by code; only those that may (or may not) be tested in mixed tubes where asked."""
    found = Panel.objects.filter(is_active=True).order_by("code")
    return found if poolable is None else found.filter(poolable=poolable)


def get_panel(code: str) -> Panel | None:
    """The panel of this code, if it is in use."""
    return Panel.objects.filter(code=code, is_active=True).first()


def list_items(item_ids: Iterable[int]) -> dict[int, Item]:
    """Items by their keys."""
    return Item.objects.in_bulk(list(item_ids))


def list_items_of(panel_id: int) -> list[Item]:
    """The items of a panel in use."""
    return list(Item.objects.filter(panel_id=panel_id, is_active=True).order_by("id"))
