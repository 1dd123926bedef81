"""Timeline and conversation of a consultation, both by number: after an interruption ask from the last one seen."""

from typing import Any, Literal
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer, download, nothing
from huizhen.api.operations import reads, writes
from huizhen.api.paging import cut, page
from huizhen.api.schemas import AnyId, In, Limit, Moment, Number, Out, Text
from huizhen.consult.joint.flow import DISCUSS, JOINT
from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel import clock, files, talk
from huizhen.kernel.access import SYSTEM, NotAllowed, NotVisible
from huizhen.kernel.flow.queries import list_timeline
from huizhen.kernel.flow.sentences import sentence_of
from huizhen.people.accounts.requests import actor_of

Audience = Literal["patient", "staff", "panel", "team"]
WIDTH: dict[str, int] = {"patient": 0, "staff": 1, "panel": 2, "team": 3}

router = Router()


class EventOut(Out):
    """One line of the timeline. `says`: the whole of it as a sentence."""

    number: int
    at: Moment
    kind: str = Field(examples=["consult.joint.accept_material"])
    actor: str = Field(examples=["王静"])
    from_state: str
    to_state: str
    says: str
    reason: str


class EventPage(Out):
    """Part of a timeline, oldest first."""

    items: list[EventOut]
    next: str | None


class AttachmentOut(Out):
    """A file of a message."""

    id: AnyId
    media_type: str
    size: int
    file: str


class MessageOut(Out):
    """A message. Taken back, it keeps its number and shows nothing. `cursor`: where its last change stands."""

    id: AnyId
    number: int
    cursor: int
    at: Moment
    sender_id: UUID | None
    sender: str
    kind: Literal["text", "picture", "file", "voice", "system"]
    audience: Audience
    body: str
    attachments: list[AttachmentOut]
    retracted_at: Moment | None


class MessagePage(Out):
    """Part of a conversation, oldest first."""

    items: list[MessageOut]
    next: str | None


class MessageIn(In):
    """A message. `client_id` is made before the first try, so that a retry stores nothing twice."""

    client_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    body: Text = ""
    kind: Literal["text", "picture", "file", "voice"] = "text"
    audience: Audience | None = Field(
        default=None,
        description="Who may see it; everybody on the case by default. `panel`: the experts and the centre.",
    )
    attachments: list[UUID] = Field(default=[], max_length=20)


class PostedOut(Out):
    """A stored message: its number in the conversation."""

    id: AnyId
    number: int
    at: Moment


class ReadIn(In):
    """The last message that was read."""

    number: Number


@reads(router, "/{uuid:case_id}/timeline", EventPage)
def get_timeline(request: HttpRequest, case_id: UUID, after: Number = 0, limit: Limit = 50) -> HttpResponse:
    """Read the timeline from after an entry's number."""
    sheet = access_sheet(actor_of(request), case_id)
    rows, last = cut(list_timeline(case_id, audience=sheet.audience, after=after, limit=limit + 1), limit)
    return answer(page(request, [_event(row) for row in rows], last and last.number))


@reads(router, "/{uuid:case_id}/messages", MessagePage)
def list_messages(request: HttpRequest, case_id: UUID, after: Number = 0, limit: Limit = 50) -> HttpResponse:
    """Read the conversation from after a message's number."""
    sheet = access_sheet(actor_of(request), case_id, to=DISCUSS)
    rows, last = cut(talk.list_messages(case_id, audience=sheet.hears, after=after, limit=limit + 1), limit)
    return answer(page(request, [_message(row, request.path) for row in rows], last and last.number))


@reads(router, "/{uuid:case_id}/messages/changes", MessagePage)
def list_message_changes(request: HttpRequest, case_id: UUID, after: Number = 0, limit: Limit = 50) -> HttpResponse:
    """Read what is new or was taken back since a message's `cursor`, oldest change first."""
    sheet = access_sheet(actor_of(request), case_id, to=DISCUSS)
    rows, last = cut(talk.list_changes(case_id, audience=sheet.hears, after=after, limit=limit + 1), limit)
    start = request.path.removesuffix("/changes")
    return answer(page(request, [_message(row, start) for row in rows], last and last.cursor))


@reads(router, "/{uuid:case_id}/messages/{int:number}/files/{uuid:file_id}", None)
def download_attachment(request: HttpRequest, case_id: UUID, number: int, file_id: UUID) -> FileResponse:
    """Download a file of a message."""
    sheet = access_sheet(actor_of(request), case_id, to=DISCUSS)
    # The path takes any number, the column does not.
    wanted = min(number, 2_147_483_647)
    rows = talk.list_messages(case_id, audience=sheet.hears, after=max(wanted - 1, 0), limit=1)
    if not rows or rows[0].number != number or file_id not in {a.file_id for a in rows[0].attachments}:
        raise NotVisible(file_id)
    return download(files.get_upload(file_id, SYSTEM))


@writes(router, "POST", "/{uuid:case_id}/messages", PostedOut, status=201)
def post_message(request: HttpRequest, case_id: UUID, message: MessageIn) -> HttpResponse:
    """Say something."""
    sheet = access_sheet(actor_of(request), case_id, to=DISCUSS)
    audience = message.audience or "patient"
    if WIDTH[audience] > WIDTH[sheet.hears]:
        raise NotAllowed(DISCUSS)
    made = talk.post(
        case_id, actor=actor_of(request), at=clock.now(), body=message.body, kind=message.kind, audience=audience,
        client_id=message.client_id, attachments=message.attachments,
    )  # fmt: skip
    return answer({"id": made.id, "number": made.number, "at": made.at}, status=201)


@writes(router, "DELETE", "/{uuid:case_id}/messages/{uuid:message_id}", None, status=204)
def retract_message(request: HttpRequest, case_id: UUID, message_id: UUID) -> HttpResponse:
    """Take your own message back."""
    access_sheet(actor_of(request), case_id, to=DISCUSS)
    talk.retract(message_id, actor=actor_of(request), at=clock.now())
    return nothing()


@writes(router, "POST", "/{uuid:case_id}/messages/read", None, status=204)
def mark_read(request: HttpRequest, case_id: UUID, mark: ReadIn) -> HttpResponse:
    """Note how far you have read; never goes back."""
    access_sheet(actor_of(request), case_id, to=DISCUSS)
    talk.mark_read(case_id, actor=actor_of(request), number=mark.number, at=clock.now())
    return nothing()


def _event(row: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": row.at,
        "kind": row.kind,
        "actor": row.actor.name if row.actor else "",
        "from_state": row.from_state,
        "to_state": row.to_state,
        "says": sentence_of(row, JOINT.kind),
        "reason": row.reason,
    }


def _message(row: talk.Line, start: str) -> dict[str, Any]:
    files_of = [
        {"id": a.file_id, "media_type": a.media_type, "size": a.size, "file": f"{start}/{row.number}/files/{a.file_id}"}
        for a in row.attachments
    ]
    return {
        "id": row.id, "number": row.number, "cursor": row.cursor, "at": row.at, "sender_id": row.sender_id,
        "sender": row.sender_name, "kind": str(row.kind), "audience": str(row.audience), "body": row.body,
        "attachments": files_of, "retracted_at": row.retracted_at,
    }  # fmt: skip
