"""Platforms that take only an Excel file by hand: their batches, made, downloaded, handed in and answered."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import AwareDatetime, Field, StringConstraints

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Line, Moment, Out
from huizhen.kernel import clock
from huizhen.lab.refused import Refused
from huizhen.lab.reporting import access, actions, formats, queries, rules
from huizhen.people.accounts.requests import actor_of

router = Router()


class NextBatchIn(In):
    """`after`: the latest batch you have seen, none where there is none: of two who make one at once, one does."""

    after: UUID | None = None


class HandInIn(In):
    """When the file was handed in, and the platform's number for it."""

    handed_at: AwareDatetime
    receipt: Annotated[Line, StringConstraints(max_length=80)] = ""


class RefusedRowIn(In):
    """A row that the platform refused, by its number as Excel shows it, and the platform's reason."""

    row: Annotated[int, Field(ge=1, le=1_048_576)]
    reason: Annotated[Line, StringConstraints(min_length=1, max_length=rules.LONGEST_REASON)]


class HandedAnswerIn(In):
    """What the platform refused; all others are accepted."""

    refused: Annotated[list[RefusedRowIn], Field(max_length=2000)] = []


class GiveBackIn(In):
    """Why the file does not count: it never arrived, or nothing of it was taken."""

    reason: Annotated[Line, StringConstraints(min_length=1, max_length=200)]


class BatchOut(Out):
    """A batch that somebody carries. `first_row`: where its first result stands in the file; to be handed in by
    `due_at`."""

    id: AnyId
    upstream_id: AnyId
    state: Literal["prepared", "downloaded", "handed_in", "unknown", "answered", "gone"]
    size: int
    first_row: int
    made_at: Moment
    due_at: Moment
    downloaded_at: datetime | None
    handed_at: datetime | None
    receipt: str


@reads(router, "/reporting/{uuid:upstream_id}/batches", list[BatchOut])
def list_batches(request: HttpRequest, upstream_id: UUID) -> HttpResponse:
    """List the last 20 batches of a platform that is reported to by hand, the latest first."""
    upstream = access.access_by_hand(actor_of(request), upstream_id)
    return answer([_shown(one) for one in queries.list_carried(upstream.id)])


@writes(router, "POST", "/reporting/{uuid:upstream_id}/batches", BatchOut, status=201)
def make_batch(request: HttpRequest, upstream_id: UUID, wanted: NextBatchIn) -> HttpResponse:
    """Make the next batch of what waits, and its file."""
    actor = actor_of(request)
    upstream = access.access_by_hand(actor, upstream_id)
    made = actions.prepare(upstream, after=wanted.after, actor=actor, at=clock.now())
    return _now(request, made.id, status=201)


@reads(router, "/reporting/batches/{uuid:batch_id}", BatchOut)
def get_batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Read how a batch stands."""
    return _now(request, batch_id)


@reads(router, "/reporting/batches/{uuid:batch_id}/file.xlsx", None)
def download_batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Download the file of a batch, the same bytes every time; who took it is written down, for each person in it."""
    actor = actor_of(request)
    content = actions.download(access.access_batch(actor, batch_id), actor=actor, at=clock.now())
    headers = {"Content-Disposition": f'attachment; filename="report-{batch_id}.xlsx"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=formats.EXCEL, headers=headers)


@writes(router, "POST", "/reporting/batches/{uuid:batch_id}/hand-in", BatchOut)
def hand_in_batch(request: HttpRequest, batch_id: UUID, given: HandInIn) -> HttpResponse:
    """Note that the file of a batch was handed in."""
    actor = actor_of(request)
    found = access.access_batch(actor, batch_id)
    actions.hand_in(found, receipt=given.receipt, handed_at=given.handed_at, actor=actor, at=clock.now())
    return _now(request, batch_id)


@writes(router, "POST", "/reporting/batches/{uuid:batch_id}/answer", BatchOut)
def answer_batch(request: HttpRequest, batch_id: UUID, given: HandedAnswerIn) -> HttpResponse:
    """Write down what the platform says of a file: the rows it refused; all others are accepted."""
    actor = actor_of(request)
    found = access.access_batch(actor, batch_id)
    first = found.hand_in.first_row
    refused = {one.row - first: one.reason for one in given.refused}
    if len(refused) != len(given.refused):
        raise Refused({"refused": "refused_twice"})
    actions.take_answer(found, refused, actor=actor, at=clock.now())
    return _now(request, batch_id)


@writes(router, "POST", "/reporting/batches/{uuid:batch_id}/unknown", BatchOut)
def mark_batch_unknown(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Note that nobody knows what became of a file; nothing of it is sent again before the platform was asked."""
    actor = actor_of(request)
    actions.mark_unknown(access.access_batch(actor, batch_id), actor=actor, at=clock.now())
    return _now(request, batch_id)


@writes(router, "POST", "/reporting/batches/{uuid:batch_id}/give-back", BatchOut)
def give_batch_back(request: HttpRequest, batch_id: UUID, given: GiveBackIn) -> HttpResponse:
    """Have the results of a file that does not count wait for the next one; the old file must not be handed in."""
    actor = actor_of(request)
    actions.give_back(access.access_batch(actor, batch_id), given.reason, actor=actor, at=clock.now())
    return _now(request, batch_id)


def _now(request: HttpRequest, batch_id: UUID, *, status: int = 200) -> HttpResponse:
    return answer(_shown(access.access_batch(actor_of(request), batch_id)), status=status)


def _shown(found: Any) -> dict[str, Any]:
    told = found.hand_in
    return {
        "id": found.id, "upstream_id": found.upstream_id, "state": found.state, "size": found.size,
        "first_row": told.first_row, "made_at": found.sent_at, "due_at": told.due_at,
        "downloaded_at": told.downloaded_at, "handed_at": told.handed_at, "receipt": told.receipt,
    }  # fmt: skip
