"""How the laboratory stands: its instruments, and what has been reported upstream; and a person's own results."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, Moment, Out
from huizhen.kernel import clock
from huizhen.lab.histories.access import access_histories
from huizhen.lab.histories.rules import words
from huizhen.lab.instruments import access as instruments
from huizhen.lab.instruments import queries
from huizhen.lab.reporting.access import access_delivery, access_reporting
from huizhen.lab.reporting.actions import send_again
from huizhen.lab.reporting.queries import get_delivery, get_standings, list_refused
from huizhen.people.accounts.requests import actor_of

DAY = timedelta(hours=24)

router = Router()


class InstrumentOut(Out):
    """An instrument. `silent_since`: against its own habit; `problems`: messages of the last day that were not
    understood completely."""

    id: AnyId
    name: str
    organisation: str
    profile: str
    is_active: bool
    link: Literal["unknown", "open", "closed", "failing"]
    last_at: datetime | None
    silent_since: datetime | None
    messages_hour: int
    messages_day: int
    problems_day: int


class UpstreamOut(Out):
    """A platform: how many results wait, are on their way, were accepted or refused; `oldest` has waited longest."""

    id: AnyId
    name: str
    format: str
    waiting: int
    sending: int
    accepted: int
    refused: int
    oldest: datetime | None
    open_batches: int
    paused_until: datetime | None


class DeliveryOut(Out):
    """One person's result for one platform. `reason`: why the platform refused it, in its own words."""

    id: AnyId
    upstream_id: AnyId
    barcode: str
    item: str
    state: Literal["waiting", "sending", "accepted", "refused"]
    reason: str
    settled_at: datetime | None


class ResultOut(Out):
    """One result. `version` above 1: a correction; `together`: tested in a mixed tube."""

    item: str
    value: str
    unit: str
    finding: int
    says: str
    collected_at: Moment
    released_at: Moment
    version: int
    together: bool


@reads(router, "/instruments", list[InstrumentOut])
def list_instruments(request: HttpRequest) -> HttpResponse:
    """List the instruments you watch."""
    found: list[Any] = list(queries.instruments_of(instruments.access_wall(actor_of(request))))
    keys, at = [one.id for one in found], clock.now()
    hour, day = queries.counts_since(keys, queries.hour_of(at)), queries.counts_since(keys, at - DAY)
    return answer(
        [
            {
                "id": one.id, "name": one.name, "organisation": one.organisation.name, "profile": one.profile,
                "is_active": one.is_active, "link": one.link_state, "last_at": one.last_at,
                "silent_since": one.silent_since, "messages_hour": hour.get(one.id, (0, 0))[0],
                "messages_day": day.get(one.id, (0, 0))[0], "problems_day": day.get(one.id, (0, 0))[1],
            }
            for one in found
        ]
    )  # fmt: skip


@reads(router, "/reporting", list[UpstreamOut])
def list_upstreams(request: HttpRequest) -> HttpResponse:
    """List the platforms that results are reported to, and how that stands."""
    _places, upstreams = access_reporting(actor_of(request))
    return answer(
        [
            {
                "id": one.upstream.id, "name": one.upstream.name, "format": one.upstream.format,
                "waiting": one.waiting, "sending": one.sending, "accepted": one.accepted, "refused": one.refused,
                "oldest": one.oldest, "open_batches": one.open_batches, "paused_until": one.upstream.paused_until,
            }
            for one in get_standings(upstreams)
        ]
    )  # fmt: skip


@reads(router, "/reporting/refused", list[DeliveryOut])
def list_refused_results(request: HttpRequest) -> HttpResponse:
    """List what platforms refused of your laboratories, the latest 50."""
    places, upstreams = access_reporting(actor_of(request))
    return answer([_delivery(row) for row in list_refused([one.id for one in upstreams], places)])


@writes(router, "POST", "/reporting/refused/{uuid:delivery_id}/again", DeliveryOut)
def send_refused_again(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """Have a refused result sent once more, after what was wrong has been put right; one that is not refused any more
    stays as it is."""
    actor = actor_of(request)
    send_again(access_delivery(actor, delivery_id), actor=actor, at=clock.now())
    return answer(_delivery(get_delivery(delivery_id)))


@reads(router, "/persons/{uuid:patient_id}/results", list[ResultOut])
def list_results(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """List a person's released results of two years, for the person and who stands for them; noted in the audit."""
    histories = access_histories(actor_of(request), patient_id, at=clock.now())
    names = [name for name in ResultOut.model_fields if name != "says"]
    return answer(
        [
            {name: getattr(one, name) for name in names} | {"says": words(one.finding)[0]}
            for history in histories
            for one in history.shown
        ]
    )


def _delivery(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "upstream_id": row.upstream_id, "barcode": row.observation.tube.barcode,
        "item": row.observation.item.code, "state": row.state, "reason": row.reason, "settled_at": row.settled_at,
    }  # fmt: skip
