"""Telling people what concerns them. See docs/kernel/notify.md."""

from huizhen.kernel.notify.actions import (
    NotSwitchable,
    TooOften,
    mark_seen,
    prefer,
    send_code,
    tell,
    tell_robots,
    tell_team,
)
from huizhen.kernel.notify.kinds import ALLOWED, KINDS, BadContext, BadTemplate, UnknownKind, register
from huizhen.kernel.notify.queries import Entry, count_unseen, get_entry, get_preference, list_attempts, list_inbox

__all__ = [
    "ALLOWED",
    "KINDS",
    "BadContext",
    "BadTemplate",
    "Entry",
    "NotSwitchable",
    "TooOften",
    "UnknownKind",
    "count_unseen",
    "get_entry",
    "get_preference",
    "list_attempts",
    "list_inbox",
    "mark_seen",
    "prefer",
    "register",
    "send_code",
    "tell",
    "tell_robots",
    "tell_team",
]
