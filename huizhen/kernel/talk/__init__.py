"""The conversation of a case. See docs/kernel/talk.md."""

from huizhen.kernel.talk.actions import BadAttachment, mark_read, post, retract
from huizhen.kernel.talk.queries import (
    Attachment,
    Conversation,
    Line,
    Stretch,
    count_unread,
    count_unread_many,
    get_conversation,
    is_visible,
    list_changes,
    list_messages,
    list_read_marks,
)
from huizhen.kernel.talk.rules import Empty, TooLong

__all__ = [
    "Attachment",
    "BadAttachment",
    "Conversation",
    "Empty",
    "Line",
    "Stretch",
    "TooLong",
    "count_unread",
    "count_unread_many",
    "get_conversation",
    "is_visible",
    "list_changes",
    "list_messages",
    "list_read_marks",
    "mark_read",
    "post",
    "retract",
]
