"""Reads of conversations. A message taken back keeps its place and shows no words and no files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from huizhen.kernel.statements import Source, gather
from huizhen.kernel.talk.models import Audience, Message, MessageFile, ReadMark
from huizhen.kernel.talk.rules import audiences_of

LIMIT = 100
STRETCH = 30
LATEST = 2**31 - 1
# The two circles are read apart, or a lively one would leave no room for the other.
LAST = """
SELECT m.id, m.sender_id FROM (VALUES (true), (false)) AS circle (apart) CROSS JOIN LATERAL (
       SELECT id, sender_id FROM kernel_message
        WHERE case_id = %s AND audience = ANY(ARRAY(SELECT unnest(%s::text[]))) AND (audience = 'panel') = circle.apart
          AND number < %s AND number >= %s
        ORDER BY number DESC LIMIT %s) m
"""
LINKS = "message_id IN (SELECT id FROM asked)"


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


@dataclass(frozen=True)
class Stretch:
    """Messages that follow each other, oldest first, and whether there are earlier ones."""

    lines: tuple[Line, ...] = ()
    has_earlier: bool = False


@dataclass(frozen=True)
class Conversation:
    """What is said with everybody, what the panel says apart, and up to which number the reader has read."""

    common: Stretch
    panel: Stretch
    read: int

    @property
    def last(self) -> int:
        """The number of the last message that is shown; 0 where there is none."""
        return max((line.number for line in (*self.common.lines, *self.panel.lines)), default=0)


def list_messages(case_id: UUID, *, audience: str, after: int = 0, limit: int = LIMIT) -> list[Line]:
    """Messages by number, from the one after `after`; `audience` is the reader's: `patient`,
    `staff`, `panel` or `team`."""
    found = _visible(case_id, audience).filter(number__gt=after).order_by("number")
    return [_line(message, message.files.all()) for message in found[:limit]]


def get_conversation(
    case_id: UUID,
    *,
    audience: str,
    account_id: UUID | None,
    before: int = LATEST,
    since: int = 0,
    limit: int = STRETCH,
) -> Conversation:
    """The end of a conversation in one statement, messages oldest first, and how far `account_id` has read.

    `before`: what lies in front of this number instead. `since`: everything from this number on that fits the limit.
    """
    wanted = [case_id, [str(one) for one in audiences_of(audience)], before, since, limit + 1, case_id, account_id]
    messages, links, files, accounts, marks = gather(LAST, _sources(), wanted)
    people = {account.pk: account for account in accounts}
    contents = {file.id: file for file in files}
    for link in links:
        link.file = contents[link.file_id]
    attached: dict[UUID, list[MessageFile]] = {}
    for link in links:
        attached.setdefault(link.message_id, []).append(link)
    for message in messages:
        message.sender = people.get(message.sender_id)
    lines = [_line(one, attached.get(one.id, ())) for one in sorted(messages, key=lambda one: one.number)]
    return Conversation(
        _stretch([one for one in lines if one.audience != Audience.PANEL], limit),
        _stretch([one for one in lines if one.audience == Audience.PANEL], limit),
        read=marks[0].number if marks else 0,
    )


def is_visible(case_id: UUID, message_id: UUID, *, audience: str) -> bool:
    """Whether this message of the case may be seen by such a reader."""
    return _visible(case_id, audience).filter(id=message_id).exists()


def list_changes(case_id: UUID, *, audience: str, after: int = 0, limit: int = LIMIT) -> list[Line]:
    """What is new or was taken back since the cursor `after`, oldest change first: what a pulse asks to look at.

    Every change has a later `cursor`; a client keeps the greatest it has seen and replaces messages by `number`.
    """
    found = _visible(case_id, audience).filter(cursor__gt=after).order_by("cursor")
    return [_line(message, message.files.all()) for message in found[:limit]]


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


@cache
def _sources() -> tuple[Source, ...]:
    """People and files are neighbours, reached through our own keys once all tables are known."""
    file, account = MessageFile._meta.get_field("file").related_model, Message._meta.get_field("sender").related_model
    return (
        Source(Message, "id IN (SELECT id FROM asked)"),
        Source(MessageFile, LINKS),
        Source(file, f"id IN (SELECT file_id FROM kernel_messagefile WHERE {LINKS})"),  # noqa: S608 - a constant of this file
        Source(account, "id IN (SELECT sender_id FROM asked)"),
        Source(ReadMark, "case_id = %s AND account_id = %s"),
    )


def _stretch(lines: list[Line], limit: int) -> Stretch:
    return Stretch(tuple(lines[-limit:]), len(lines) > limit)


def _visible(case_id: UUID, audience: str) -> QuerySet[Message]:
    return (
        Message.objects.filter(case_id=case_id, audience__in=audiences_of(audience))
        .select_related("sender")
        .prefetch_related("files__file")
    )


def _line(message: Message, attached: Iterable[MessageFile]) -> Line:
    gone = message.retracted_at is not None
    files = () if gone else tuple(sorted(attached, key=lambda link: link.place))
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
