"""The conversation of a case. See docs/kernel/talk.md."""

from huizhen.kernel.talk.actions import BadAttachment, mark_read, post, retract
from huizhen.kernel.talk.queries import (
    Attachment,
    Line,
    count_unread,
    count_unread_many,
    list_changes,
    list_messages,
    list_read_marks,
)
from huizhen.kernel.talk.rules import Empty, TooLong

__all__ = [
    "Attachment",
    "BadAttachment",
    "Empty",
    "Line",
    "TooLong",
    "count_unread",
    "count_unread_many",
    "list_changes",
    "list_messages",
    "list_read_marks",
    "mark_read",
    "post",
    "retract",
]
