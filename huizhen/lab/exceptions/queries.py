"""Reads of laboratory exceptions."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from huizhen.lab.exceptions import rules
from huizhen.lab.exceptions.models import Kind, Trouble
from huizhen.lab.instruments.models import Instrument, ResultRequest
from huizhen.lab.instruments.queries import (
    instruments_of,
    list_askable,
    list_named,
    list_requests,
    list_requests_to,
)
from huizhen.lab.results.queries import find_source, get_observation, list_held_barcodes, list_said_instead
from huizhen.lab.specimens.queries import list_missing, list_testable, list_untested

KINDS = Kind.choices


def get_trouble(case_id: UUID) -> Trouble | None:
    """The exception of a case."""
    found = Trouble.objects.select_related("case__owner", "site", "laboratory", "proposed_by")
    return found.filter(case_id=case_id).first()


def list_open(
    *, laboratory_ids: Iterable[UUID] = (), organisation_ids: Iterable[UUID] = (), kind: str = "",
    kinds: Collection[str] = (), limit: int = 200,
) -> list[Trouble]:  # fmt: skip
    """Open exceptions of these laboratories, or of the sites of these organisations; what is due first in front."""
    found = _of(laboratory_ids, organisation_ids).filter(closed_at=None).select_related("case__owner", "site")
    found = found.filter(kind=kind) if kind else found
    found = found.filter(kind__in=kinds) if kinds else found
    return list(found.order_by("case__due_at", "id")[:limit])


def count_open_by_kind(laboratory_ids: Iterable[UUID]) -> dict[str, int]:
    """How many exceptions of these laboratories are open, by kind."""
    found = Trouble.objects.filter(laboratory_id__in=list(laboratory_ids), closed_at=None).values("kind")
    return dict(found.annotate(count=Count("id")).values_list("kind", "count"))


def list_references(kind: str) -> list[UUID]:
    """What the open exceptions of a kind are about."""
    found = Trouble.objects.filter(kind=kind, closed_at=None, reference__isnull=False)
    return [key for key in found.values_list("reference", flat=True) if key]


def _of(laboratory_ids: Iterable[UUID], organisation_ids: Iterable[UUID]) -> QuerySet[Trouble]:
    here = Q(laboratory_id__in=list(laboratory_ids)) | Q(site__organisation_id__in=list(organisation_ids))
    return Trouble.objects.filter(here)


def list_specimens(trouble: Trouble, at: datetime) -> list[str]:
    """The barcodes whose results are missing or broken, as far as an instrument could be asked for them."""
    if trouble.kind not in rules.ASKABLE:
        return []
    if trouble.kind in rules.NAMED:
        return list_testable(trouble.laboratory_id, _list_named(trouble, at))[: rules.ASK_AT_ONCE]
    if trouble.kind != Kind.NOT_TESTED:
        return [trouble.barcode] if trouble.barcode else []
    return list_untested(
        trouble.laboratory_id, before=at - rules.TEST_WITHIN, since=at - rules.LOOK_BACK, limit=rules.ASK_AT_ONCE
    )


def list_doubted(references: Iterable[UUID]) -> set[UUID]:
    """Which of these observations an open exception holds against another one."""
    found = Trouble.objects.filter(kind=Kind.SEVERAL_RESULTS, reference__in=list(references), closed_at=None)
    return {key for key in found.values_list("reference", flat=True) if key}


def list_missing_tubes(trouble: Trouble) -> list[str]:
    """Which tubes of its box have not come."""
    return list_missing(trouble.reference) if trouble.kind == Kind.BOX_DIFFERS and trouble.reference else []


def get_otherwise(trouble: Trouble) -> dict[str, Any]:
    """What a message said, tube and item, and what it says now; empty for any other trouble."""
    row = get_observation(trouble.reference) if trouble.kind == Kind.READ_OTHERWISE and trouble.reference else None
    if row is None:
        return {}
    return {"tube": row.tube.barcode, "item": row.item.name, "instead": list_said_instead(row.id)}


def list_asked(trouble: Trouble, at: datetime) -> list[ResultRequest]:
    """What instruments were asked for what this is about, the latest first."""
    if trouble.kind in rules.NAMED:
        return list_requests_to([one.id for one in list_instruments(trouble)], trouble.found_at)
    specimens = [trouble.barcode] if trouble.closed_at else list_specimens(trouble, at)
    return list_requests(filter(None, specimens))


def _list_named(trouble: Trouble, at: datetime) -> list[str]:
    """The specimens that messages not understood name all the same."""
    if trouble.reference is None:
        return []
    if _is_of_messages(trouble):
        return list_named(trouble.reference, at - rules.LOOK_BACK)
    return list_held_barcodes(trouble.reference, at - rules.LOOK_BACK)


def _is_of_messages(trouble: Trouble) -> bool:
    """Whether its reference is the instrument whose whole messages were set aside, not one reading of them."""
    return trouble.subject.startswith("not_understood:set_aside:")


def list_instruments(trouble: Trouble) -> list[Instrument]:
    """Who could be asked: the instrument a broken result came from; where none came, those of the laboratory. Each
    has `means`; those that cannot be asked are left out."""
    if trouble.kind not in rules.ASKABLE or trouble.subject.startswith(rules.ONLY_LATE):
        return []
    if _is_of_messages(trouble):
        return list_askable([trouble.reference] if trouble.reference else [])
    if trouble.kind == Kind.NOT_TESTED:
        return list_askable(instruments_of([trouble.laboratory_id]).values_list("id", flat=True))
    source = find_source(trouble.reference) if trouble.reference else None
    return list_askable([source] if source else [])
