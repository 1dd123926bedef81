"""Saying something, taking it back, and marking how far one has read. Callers have checked access to the case."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from huizhen.kernel import clock, outbox, pulse
from huizhen.kernel.access import Actor, NotAllowed, NotVisible
from huizhen.kernel.talk.models import Conversation, Message, MessageFile
from huizhen.kernel.talk.rules import check_content

RETRACT = "talk:message:retract"

NEXT = """
    INSERT INTO kernel_conversation (case_id, last_number, last_cursor) VALUES (%s, 1, 1)
    ON CONFLICT (case_id) DO UPDATE SET last_number = kernel_conversation.last_number + 1,
                                        last_cursor = kernel_conversation.last_cursor + 1
    RETURNING last_number, last_cursor
"""
MARK = """
    INSERT INTO kernel_readmark (case_id, account_id, number, at)
    SELECT case_id, %s, least(last_number, %s), %s FROM kernel_conversation WHERE case_id = %s
    ON CONFLICT (case_id, account_id) DO UPDATE SET number = excluded.number, at = excluded.at
        WHERE kernel_readmark.number < excluded.number
    RETURNING number
"""


class BadAttachment(Exception):
    """An attached file does not exist, is not ready, or was uploaded by somebody else. The argument is its id."""


@transaction.atomic
def post(
    case_id: UUID,
    *,
    actor: Actor,
    at: datetime,
    body: str,
    kind: str = "text",
    audience: str = "staff",
    client_id: str,
    attachments: Sequence[UUID] = (),
) -> Message:
    """Store a message, or return the one stored before under the same client id of the same sender.

    Raises:
        Empty, TooLong: see `rules.check_content`. BadAttachment: see there.
    """
    check_content(kind, body, len(attachments))
    found = _stored(case_id, actor, client_id)
    if found:
        return found
    files = _files(attachments, actor)
    try:
        with transaction.atomic():
            number, cursor = _next(case_id)
            message = Message.objects.create(
                case_id=case_id, number=number, cursor=cursor, at=at, sender_id=actor.account_id,
                kind=kind, audience=audience, body=body, client_id=client_id,
            )  # fmt: skip
    except IntegrityError:
        # Two tries at once: the other one committed while this one waited for its number.
        stored = _stored(case_id, actor, client_id)
        if stored is None:
            raise
        return stored
    MessageFile.objects.bulk_create(
        MessageFile(message=message, file_id=file.pk, place=place) for place, file in enumerate(files)
    )
    outbox.emit("talk.posted", case=str(case_id), message=str(message.id), number=number, audience=audience)
    pulse.beat((f"case:{case_id}:talk", cursor))
    return message


@transaction.atomic
def retract(message_id: UUID, *, actor: Actor, at: datetime) -> Message:
    """Take one's own message back: it keeps its place; its words stay sealed in the archive and are shown to nobody.

    Doing it twice does no harm.

    Raises:
        NotVisible: no such message. NotAllowed: it is somebody else's.
    """
    case_id = Message.objects.filter(id=message_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotVisible
    conversation = Conversation.objects.select_for_update().get(case_id=case_id)
    message = Message.objects.get(id=message_id)
    if not actor.is_system and message.sender_id != actor.account_id:
        raise NotAllowed(RETRACT)
    if message.retracted_at:
        return message
    conversation.last_cursor += 1
    conversation.save(update_fields=["last_cursor"])
    message.retracted_at, message.retracted_by_id, message.cursor = at, actor.account_id, conversation.last_cursor
    message.save(update_fields=["retracted_at", "retracted_by", "cursor"])
    outbox.emit("talk.retracted", case=str(case_id), message=str(message.id), number=message.number)
    pulse.beat((f"case:{case_id}:talk", message.cursor))
    return message


@transaction.atomic
def mark_read(case_id: UUID, *, actor: Actor, number: int, at: datetime | None = None) -> None:
    """Note that the actor has read up to this number. Never goes back, and never beyond the last message."""
    with connection.cursor() as cursor:
        cursor.execute(MARK, [actor.account_id, number, at or clock.now(), case_id])
        moved = cursor.fetchone()
    if moved:
        pulse.beat((f"case:{case_id}:read", moved[0]))


def _next(case_id: UUID) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [case_id])
        number, position = cursor.fetchone()
    return number, position


def _stored(case_id: UUID, actor: Actor, client_id: str) -> Message | None:
    return Message.objects.filter(case_id=case_id, sender_id=actor.account_id, client_id=client_id).first()


def _files(attachments: Sequence[UUID], actor: Actor) -> list[Any]:
    """The files in the order given; talk reaches them through its own key, because the two are neighbours."""
    if not attachments:
        return []
    model: Any = MessageFile._meta.get_field("file").related_model
    found = model._default_manager.in_bulk(attachments)
    for identifier in attachments:
        file = found.get(identifier)
        if file is None or file.state != "ready" or file.created_by_id != actor.account_id:
            raise BadAttachment(identifier)
    return [found[identifier] for identifier in attachments]
