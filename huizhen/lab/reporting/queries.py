"""Reads of the delivery ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet

from huizhen.kernel.access import directory
from huizhen.kernel.crypto.sealed import SealedText
from huizhen.kernel.line import ask
from huizhen.lab.reporting.formats import Reported
from huizhen.lab.reporting.models import Backfill, Batch, BatchState, Delivery, HandIn, State, Template, Upstream, Way
from huizhen.lab.reporting.rules import may_ask
from huizhen.lab.results.queries import ToForward
from huizhen.lab.specimens.queries import list_laboratories

OPEN = ("prepared", "downloaded", "handed_in", "sending", "unknown")
# In the order of `Reported`, with the keys that open what is sealed.
REPORTED = """
SELECT d.id, d.patient_id, p.name, p.identity_kind, p.identity_number, p.phone, p.sex, p.birth_on, l.name, l.code,
       t.barcode, t.capacity, t.collected_at, coalesce(o.released_at, d.enlisted_at), i.loinc, i.code, i.name_zh, o.id,
       o.value, o.unit, o.finding, o.version
  FROM lab_delivery d
  JOIN lab_observation o ON o.id = d.observation_id
  JOIN lab_item i ON i.id = o.item_id
  JOIN lab_tube t ON t.id = o.tube_id
  JOIN people_organisation l ON l.id = t.laboratory_id
  JOIN records_patient p ON p.id = d.patient_id
 WHERE d.batch_id = %s ORDER BY d.id
"""
# Of a series only what counts now; whoever corrected a value before there was a platform need not report both.
UNREPORTED = """
SELECT o.id, o.series, o.version, o.tube_id, t.laboratory_id
  FROM lab_observation o JOIN lab_tube t ON t.id = o.tube_id
 WHERE t.laboratory_id = ANY(%s) AND o.status = 'released' AND o.released_at >= %s AND o.released_at <= %s
   AND NOT EXISTS (SELECT 1 FROM lab_observation n
                    WHERE n.series = o.series AND n.version > o.version AND n.status = 'released')
   AND o.id > %s
 ORDER BY o.id LIMIT %s
"""
COUNT_UNREPORTED = """
SELECT count(*)
  FROM lab_observation o JOIN lab_tube t ON t.id = o.tube_id JOIN lab_tubeperson p ON p.tube_id = t.id
 WHERE t.laboratory_id = ANY(%s) AND o.status = 'released' AND o.released_at >= %s AND o.released_at <= %s
   AND NOT EXISTS (SELECT 1 FROM lab_observation n
                    WHERE n.series = o.series AND n.version > o.version AND n.status = 'released')
   AND NOT EXISTS (SELECT 1 FROM lab_delivery d
                    WHERE d.observation_id = o.id AND d.patient_id = p.patient_id AND d.upstream_id = %s)
"""


@dataclass(frozen=True)
class Standing:
    """How one platform stands."""

    upstream: Upstream
    waiting: int
    sending: int
    accepted: int
    refused: int
    oldest: datetime | None
    open_batches: int


def list_upstreams(organisation_ids: Iterable[UUID] | None = None) -> QuerySet[Upstream]:
    """Platforms in use, of these organisations or all."""
    found = Upstream.objects.filter(is_active=True).select_related("organisation").order_by("name")
    return found if organisation_ids is None else found.filter(organisation_id__in=list(organisation_ids))


def list_to_ask(upstream_id: UUID, at: datetime) -> list[Batch]:
    """Batches whose fate is not known and that may be asked about now, the oldest first; those that a person carries
    are that person's to ask about."""
    found = Batch.objects.filter(upstream_id=upstream_id, state__in=OPEN, hand_in=None).order_by("sent_at")
    return [batch for batch in found if may_ask(batch.state, batch.sent_at, batch.asked_at, at)]


def count_open(upstream_id: UUID) -> int:
    """Batches without an answer."""
    return Batch.objects.filter(upstream_id=upstream_id, state__in=OPEN).count()


def is_settled_in_part(batch: Batch) -> bool:
    """Whether the platform has answered for some of a batch."""
    return Delivery.objects.filter(batch=batch, state__in=(State.ACCEPTED, State.REFUSED)).exists()


def list_reported(batch_id: UUID) -> list[Reported]:
    """The results of a batch as they are written down, in a fixed order."""
    values: dict[UUID, str] = {}
    return [_reported(row, values) for row in ask(REPORTED, [batch_id])]


def _reported(row: tuple[Any, ...], values: dict[UUID, str]) -> Reported:
    """A result with what is sealed of it opened; `values` by observation, because a mixed tube's is its persons'."""
    key, patient_id, name, identity_kind, number, phone, *between, observation_id, sealed, unit, finding, version = row
    if observation_id not in values:
        values[observation_id] = SealedText(sealed, "lab_observation.value").open(observation_id)
    opened: list[Any] = [
        key, SealedText(name, "records_patient.name").open(patient_id), identity_kind,
        SealedText(number, "records_patient.identity_number", blank=True).open(patient_id),
        partial(SealedText(phone, "records_patient.phone", blank=True).open, patient_id), *between,
        values[observation_id], unit, finding, version,
    ]  # fmt: skip
    return Reported(*opened)


def get_standings(upstreams: Sequence[Upstream]) -> list[Standing]:
    """How each platform stands: counted in the ledger itself."""
    counted = Delivery.objects.filter(upstream__in=upstreams).values("upstream_id", "state").annotate(
        count=Count("id"), oldest=Min("enlisted_at")
    )  # fmt: skip
    found: dict[tuple[UUID, str], dict[str, object]] = {(row["upstream_id"], row["state"]): {**row} for row in counted}
    batches = Batch.objects.filter(upstream__in=upstreams, state__in=OPEN).values("upstream_id")
    open_ = {row["upstream_id"]: row["count"] for row in batches.annotate(count=Count("id"))}
    return [_standing(one, found, open_.get(one.id, 0)) for one in upstreams]


def _standing(one: Upstream, found: dict[tuple[UUID, str], dict[str, object]], open_batches: int) -> Standing:
    counts = {state: int(str(found.get((one.id, state), {}).get("count", 0))) for state in State.values}
    # What a person carries has deadlines of its own.
    states = ("waiting",) if one.way == Way.HAND else ("waiting", "sending")
    waits = [row["oldest"] for key, row in found.items() if key[0] == one.id and key[1] in states]
    oldest = min((moment for moment in waits if isinstance(moment, datetime)), default=None)
    return Standing(one, oldest=oldest, open_batches=open_batches, **counts)


def list_refused(upstream_ids: Iterable[UUID], laboratory_ids: Iterable[UUID], *, limit: int = 50) -> list[Delivery]:
    """What platforms refused of these laboratories, the latest first."""
    found = Delivery.objects.filter(upstream_id__in=list(upstream_ids), state=State.REFUSED)
    found = found.filter(observation__tube__laboratory_id__in=list(laboratory_ids))
    rows = found.select_related("upstream", "observation__tube", "observation__item")
    return list(rows.order_by("-settled_at")[:limit])


def list_accepted(delivery_ids: Iterable[UUID]) -> list[UUID]:
    """Which of these the platform has accepted."""
    found = Delivery.objects.filter(id__in=list(delivery_ids), state=State.ACCEPTED)
    return list(found.values_list("id", flat=True))


def get_delivery(delivery_id: UUID) -> Delivery | None:
    """A delivery with what it is about."""
    found = Delivery.objects.select_related("upstream", "observation__tube", "observation__item")
    return found.filter(id=delivery_id).first()


def list_batches(upstream_ids: Iterable[UUID], *, limit: int = 20) -> list[Batch]:
    """The last batches."""
    found = Batch.objects.filter(upstream_id__in=list(upstream_ids)).select_related("upstream")
    return list(found.order_by("-sent_at")[:limit])


def count_reported(laboratory_ids: Iterable[UUID], since: datetime, until: datetime) -> tuple[int, int]:
    """Deliveries and accepted ones, of tubes collected in this time."""
    found = Delivery.objects.filter(
        observation__tube__laboratory_id__in=list(laboratory_ids), observation__tube__collected_at__gte=since,
        observation__tube__collected_at__lt=until,
    )  # fmt: skip
    counted = found.aggregate(all=Count("id"), accepted=Count("id", filter=Q(state=State.ACCEPTED)))
    return counted["all"], counted["accepted"]


def list_reporting_to(upstream: Upstream) -> list[UUID]:
    """The laboratories whose results a platform wants."""
    covers = directory().covers
    return [place for place in list_laboratories() if covers(upstream.organisation_id, place)]


def list_unreported(
    upstream: Upstream, since: datetime, until: datetime, *, after: UUID, limit: int
) -> list[ToForward]:
    """What was released in this time for a platform, behind the last one looked at, in the order of their keys; what
    is in its ledger already is among them."""
    return [ToForward(*row) for row in ask(UNREPORTED, [list_reporting_to(upstream), since, until, after, limit])]


def count_unreported(upstream: Upstream, since: datetime, until: datetime) -> int:
    """How many results of persons were released in this time and are not in a platform's ledger."""
    found = ask(COUNT_UNREPORTED, [list_reporting_to(upstream), since, until, upstream.id])
    return int(found[0][0])


def list_backfills(upstream_id: UUID, *, limit: int = 10) -> list[Backfill]:
    """Earlier results that were to be reported to a platform, the latest first."""
    found = Backfill.objects.filter(upstream_id=upstream_id).select_related("asked_by")
    return list(found.order_by("-asked_at")[:limit])


def list_unanswered(before: datetime) -> set[UUID]:
    """The platforms to which a file was handed in before then that they have not answered."""
    found = HandIn.objects.filter(batch__state__in=(BatchState.HANDED_IN, BatchState.UNKNOWN), handed_at__lt=before)
    return set(found.values_list("batch__upstream_id", flat=True))


def list_not_handed_in(at: datetime) -> list[Batch]:
    """Batches whose time to be handed in is over."""
    found = Batch.objects.filter(state__in=(BatchState.PREPARED, BatchState.DOWNLOADED), hand_in__due_at__lt=at)
    return list(found.select_related("upstream"))


def list_waiting(upstream_id: UUID, *, limit: int = 50) -> list[Delivery]:
    """What waits for a batch, the oldest first."""
    found = Delivery.objects.filter(upstream_id=upstream_id, state=State.WAITING)
    return list(found.select_related("observation__tube", "observation__item").order_by("enlisted_at", "id")[:limit])


def list_carried(upstream_id: UUID, *, limit: int = 20) -> list[Batch]:
    """Batches that a person carries or has carried to a platform, the latest first; their files are left unread."""
    found = Batch.objects.filter(upstream_id=upstream_id, hand_in__isnull=False).defer("hand_in__content")
    return list(found.select_related("hand_in__made_by", "hand_in__handed_by").order_by("-sent_at", "-id")[:limit])


def get_carried(batch_id: UUID) -> Batch | None:
    """A batch that a person carries, with its file's story."""
    people = [f"hand_in__{name}_by" for name in ("made", "downloaded", "handed", "ended")]
    found = Batch.objects.filter(id=batch_id, hand_in__isnull=False).defer("hand_in__content")
    return found.select_related("upstream__organisation", *people).first()


def list_rows(batch_id: UUID) -> list[Delivery]:
    """The deliveries of a batch in the order of its file's rows."""
    found = Delivery.objects.filter(batch_id=batch_id).select_related("observation__tube", "observation__item")
    return list(found.order_by("id"))


def list_refused_of(batch_id: UUID) -> list[Delivery]:
    """What a platform refused of a batch and is not sent again yet."""
    return [row for row in list_rows(batch_id) if row.state == State.REFUSED]


def get_template(upstream_id: UUID, *, confirmed: bool = True) -> Template | None:
    """A platform's own workbook: the latest one that is in use, or the latest of all."""
    found = Template.objects.filter(upstream_id=upstream_id).select_related("made_by")
    return (found.exclude(confirmed_at=None) if confirmed else found).order_by("-made_at", "-id").first()
