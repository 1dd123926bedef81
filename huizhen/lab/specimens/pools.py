"""Reads about mixed tubes: the single tubes that may go into one, and who is tested again, because it was not negative
or because a tube was given up."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce

from huizhen.lab.specimens.models import TestOrder, Tube, TubePerson
from huizhen.lab.specimens.rules import Single


def list_singles(barcodes: Iterable[str], laboratory_ids: Iterable[UUID], *, locked: bool = False) -> dict[str, Single]:
    """The tubes behind these barcodes at these laboratories, by barcode; others are missing. `locked`: in the caller's
    transaction, always in the same order, so that two who mix wait for each other and never in a ring."""
    found = Tube.objects.filter(barcode__in=list(barcodes), laboratory_id__in=list(laboratory_ids)).order_by("id")
    if locked:  # first the lock, then the look: a statement that had to wait does not see the pool made meanwhile
        list(found.select_for_update().values_list("id"))
    tubes = found.select_related("part_of").prefetch_related("persons", "orders__panel")
    return {tube.barcode: _single(tube) for tube in tubes}


def _single(tube: Tube) -> Single:
    panels = [order.panel for order in tube.orders.all()]
    return Single(
        id=tube.id, barcode=tube.barcode, laboratory_id=tube.laboratory_id, capacity=tube.capacity,
        pool=tube.part_of.barcode if tube.part_of else "", is_received=tube.received_at is not None,
        is_voided=tube.voided_at is not None, is_tested=tube.tested_at is not None or tube.released_at is not None,
        is_poolable=bool(panels) and all(panel.poolable for panel in panels),
        test=" · ".join(str(panel) for panel in panels), panels=frozenset(panel.pk for panel in panels),
        patients=tuple(person.patient_id for person in sorted(tube.persons.all(), key=lambda one: one.seat)),
    )  # fmt: skip


def is_tested_alone(tube: str = "") -> Q:
    """The condition that a tube is to be tested by itself: it is in no mixed tube, or that one was not negative and
    this tube takes the re-test. `tube` is the prefix that leads to it, as in `tube__`."""
    due = TestOrder.objects.filter(fulfilled_by=OuterRef(f"{tube}pk"), because_of=OuterRef(f"{tube}part_of"))
    return Q(**{f"{tube}part_of": None}) | Q(Exists(due))


def list_open_retests(
    organisation_ids: Iterable[UUID], laboratory_ids: Iterable[UUID], *, after: UUID | None = None
) -> QuerySet[Any]:
    """Who waits for a further test, because a mixed tube was not negative or a tube was given up (`reason`): of the
    sites of these organisations and of these laboratories, the longest waiting first, behind `after`. None once the
    mixed tube was released after all.

    `fulfilled_by` is the person's own tube where that still stands at the laboratory and was not tested yet: nobody
    has to come again for it. `place` and `house` are the site's name, where the person was, and its organisation.
    """
    own = TubePerson.objects.filter(tube__part_of=OuterRef("because_of"), patient=OuterRef("patient"))
    found = TestOrder.objects.filter(patient__isnull=False, because_of__released_at=None)
    found = found.filter(
        Q(fulfilled_by=None)
        | Q(fulfilled_by__part_of=F("because_of"), fulfilled_by__tested_at=None, fulfilled_by__voided_at=None)
    ).annotate(
        place=Coalesce(Subquery(own.values("tube__site__name")[:1]), F("because_of__site__name")),
        house=Coalesce(
            Subquery(own.values("tube__site__organisation")[:1]),
            F("because_of__site__organisation"),
            output_field=UUIDField(),
        ),
    )
    found = found.filter(Q(house__in=list(organisation_ids)) | Q(because_of__laboratory_id__in=list(laboratory_ids)))
    found = found.filter(id__gt=after) if after else found
    return found.select_related("patient", "panel", "because_of", "fulfilled_by").order_by("id")


def list_parts(tube_id: UUID) -> list[Tube]:
    """The single tubes that were mixed into this one."""
    return list(Tube.objects.filter(part_of_id=tube_id).order_by("barcode"))


def count_open_retests(tube_id: UUID) -> tuple[int, int]:
    """Of a mixed tube: how many persons have to come again, and how many are tested from their own tubes."""
    asked = TestOrder.objects.filter(because_of_id=tube_id, reason="retest")
    here = asked.filter(fulfilled_by__part_of_id=tube_id, fulfilled_by__tested_at=None, fulfilled_by__voided_at=None)
    return asked.filter(fulfilled_by=None).count(), here.count()


def count_to_come(tube_id: UUID) -> int:
    """How many of the persons in a tube have to come again, whatever for."""
    people = TubePerson.objects.filter(tube_id=tube_id).values("patient")
    found = TestOrder.objects.filter(patient__in=people, fulfilled_by=None, because_of__released_at=None)
    return found.values("patient").distinct().count()


def list_mixed(laboratory_ids: Iterable[UUID], since: datetime, *, limit: int = 10) -> list[Tube]:
    """What was mixed in these laboratories, of specimens collected since then, the latest first; `headcount` single
    tubes are in each."""
    found = Tube.objects.filter(laboratory_id__in=list(laboratory_ids), collected_at__gte=since, capacity__gt=1)
    return list(found.annotate(headcount=Count("parts")).filter(headcount__gt=0).order_by("-received_at")[:limit])
