"""Reads of conversations. A message taken back keeps its place and shows no words and no files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from huizhen.kernel.talk.models import Message, ReadMark
from huizhen.kernel.talk.rules import audiences_of

LIMIT = 100


@dataclass(frozen=True)
class Attachment:
    """A file of a message; `file_id` is opened through the case's own loader, which checks access."""

    file_id: UUID
    media_type: str
    size: int


@dataclass(frozen=True)
class Line:
    """A message as somebody may see it. `body` and `attachments` are empty once it is taken back."""

    id: UUID
    number: int
    cursor: int
    at: datetime
    sender_id: UUID | None
    sender_name: str
    kind: str
    audience: str
    body: str
    attachments: tuple[Attachment, ...]
    retracted_at: datetime | None


def list_messages(case_id: UUID, *, audience: str, after: int = 0, limit: int = LIMIT) -> list[Line]:
    """Messages by number, from the one after `after`; `audience` is the reader's: `patient`,
    `staff`, `panel` or `team`."""
    found = _visible(case_id, audience).filter(number__gt=after).order_by("number")
    return [_line(message) for message in found[:limit]]


def list_changes(case_id: UUID, *, audience: str, after: int = 0, limit: int = LIMIT) -> list[Line]:
    """What is new or was taken back since the cursor `after`, oldest change first: what a pulse asks to look at.

    Every change has a later `cursor`; a client keeps the greatest it has seen and replaces messages by `number`.
    """
    found = _visible(case_id, audience).filter(cursor__gt=after).order_by("cursor")
    return [_line(message) for message in found[:limit]]


def list_read_marks(case_id: UUID) -> dict[UUID, int]:
    """How far each account has read."""
    return dict(ReadMark.objects.filter(case_id=case_id).values_list("account_id", "number"))


def count_unread(case_id: UUID, *, account_id: UUID, audience: str) -> int:
    """Messages of others that this account has not read and that were not taken back."""
    return count_unread_many([case_id], account_id=account_id, audience=audience).get(case_id, 0)


def count_unread_many(case_ids: Iterable[UUID], *, account_id: UUID, audience: str) -> dict[UUID, int]:
    """As `count_unread`, for a whole page of cases with one query; cases without unread messages are missing."""
    read = ReadMark.objects.filter(case_id=OuterRef("case_id"), account_id=account_id).values("number")
    found = (
        Message.objects.filter(case_id__in=list(case_ids), audience__in=audiences_of(audience))
        .filter(retracted_at__isnull=True)
        .exclude(sender_id=account_id)
        .alias(read=Coalesce(Subquery(read), Value(0)))
        .filter(number__gt=F("read"))
    )
    return dict(found.order_by().values_list("case_id").annotate(unread=Count("id", filter=Q(id__isnull=False))))


def _visible(case_id: UUID, audience: str) -> QuerySet[Message]:
    return (
        Message.objects.filter(case_id=case_id, audience__in=audiences_of(audience))
        .select_related("sender")
        .prefetch_related("files__file")
    )


def _line(message: Message) -> Line:
    gone = message.retracted_at is not None
    files = () if gone else tuple(sorted(message.files.all(), key=lambda link: link.place))
    return Line(
        id=message.id,
        number=message.number,
        cursor=message.cursor,
        at=message.at,
        sender_id=message.sender_id,
        sender_name=message.sender.name if message.sender else "",
        kind=message.kind,
        audience=message.audience,
        body="" if gone else message.body,
        attachments=tuple(Attachment(link.file_id, link.file.media_type, link.file.size) for link in files),
        retracted_at=message.retracted_at,
    )
