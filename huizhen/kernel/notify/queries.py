"""The inbox, and what an operator wants to know about deliveries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone, translation

from huizhen.kernel.notify.kinds import get_kind
from huizhen.kernel.notify.models import ROBOTS, Attempt, Channel, Notification, Preference
from huizhen.kernel.notify.words import render

# What a person may switch; robots belong to teams.
PERSONAL_CHANNELS = [(channel.value, channel.label) for channel in Channel if channel not in ROBOTS]


@dataclass(frozen=True)
class Entry:
    """A line of the inbox in the reader's present language; `link` is a full address."""

    id: UUID
    kind: str
    urgency: str
    case_id: UUID | None
    number: str
    title: str
    body: str
    link: str
    at: datetime
    seen_at: datetime | None


def list_inbox(
    account_id: UUID, *, after: UUID | None = None, limit: int = 30, unseen_only: bool = False
) -> list[Entry]:
    """The newest first; `after` is the last entry of the page before."""
    found = Notification.objects.filter(account_id=account_id).order_by("-at", "-id")
    if unseen_only:
        found = found.filter(seen_at__isnull=True)
    if after:
        last = Notification.objects.filter(account_id=account_id, id=after).first()
        if last:
            found = found.filter(Q(at__lt=last.at) | Q(at=last.at, id__lt=last.id))
    return _entries(account_id, found[:limit])


def get_entry(account_id: UUID, entry_id: UUID) -> Entry | None:
    """One line of somebody's own inbox; None for anybody else's."""
    found = _entries(account_id, Notification.objects.filter(account_id=account_id, id=entry_id))
    return found[0] if found else None


def count_unseen(account_id: UUID) -> int:
    """How many notifications wait to be seen."""
    return Notification.objects.filter(account_id=account_id, seen_at__isnull=True).count()


def get_preference(account_id: UUID) -> Preference:
    """How an account wishes to be told; the default wishes, unsaved, where it never said."""
    return Preference.objects.filter(account_id=account_id).first() or Preference(account_id=account_id)


def list_attempts(case_id: UUID) -> list[Attempt]:
    """Every attempt to tell anybody about a case, oldest first, with its delivery."""
    return list(
        Attempt.objects.filter(delivery__case_id=case_id).select_related("delivery").order_by("began_at", "id")
    )  # fmt: skip


def _entries(account_id: UUID, found: Iterable[Notification]) -> list[Entry]:
    """The lines, each with what its kind adds in the inbox alone: one question per kind, however many lines."""
    rows, keys = list(found), defaultdict(set)
    for row in rows:
        keys[row.kind].add(row.key)
    added = {name: inside(account_id, keys[name]) for name in keys if (inside := get_kind(name).inside)}
    return [_with(_entry(row), added.get(row.kind, {}).get(row.key, "")) for row in rows]


def _with(entry: Entry, words: str) -> Entry:
    return replace(entry, body=f"{entry.body}\n{words}") if words else entry


def _entry(notification: Notification) -> Entry:
    text = render(
        notification,
        Channel.IN_APP,
        language=translation.get_language() or "zh-hans",
        time_zone=timezone.get_current_timezone_name(),
    )
    return Entry(
        id=notification.id, kind=notification.kind, urgency=notification.urgency, case_id=notification.case_id,
        number=text.number, title=text.title, body=text.body, link=text.link,
        at=notification.at, seen_at=notification.seen_at,
    )  # fmt: skip
