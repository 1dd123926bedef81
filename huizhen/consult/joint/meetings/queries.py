"""Reads of meetings."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings

from huizhen.consult.joint.meetings.ics import Event
from huizhen.consult.joint.meetings.models import STANDING, Meeting, MeetingSeat, MeetingState
from huizhen.consult.joint.meetings.rules import AHEAD, REMINDERS, end_of
from huizhen.consult.joint.models import Application, InvitationState
from huizhen.people.availability.rules import Slot


def get_meeting(application_id: UUID) -> Meeting | None:
    """The meeting that stands, with its options and votes; else the last one that was held or cancelled."""
    rows = Meeting.objects.filter(application_id=application_id).prefetch_related("options__votes__account")
    return choose(list(rows.order_by("-id")))


def choose(meetings: Sequence[Meeting]) -> Meeting | None:
    """Of a consultation's meetings, the latest first: the one that stands, else the last."""
    return next((one for one in meetings if one.state in STANDING), meetings[0] if meetings else None)


def list_needed(application: Application) -> set[UUID]:
    """Whose time must suit: the experts who accepted, and the applicant."""
    accepted = {i.expert_id for i in application.invitations.all() if i.state == InvitationState.ACCEPTED}
    return accepted | {application.applicant_id}


def list_taken(account_ids: Iterable[UUID], *, at: datetime, but: UUID | None = None) -> list[Slot]:
    """When any of them sits in another meeting."""
    rows = MeetingSeat.objects.filter(account_id__in=list(account_ids), ends_at__gt=at, starts_at__lt=at + AHEAD)
    if but:
        rows = rows.exclude(meeting_id=but)
    return [Slot(start, end) for start, end in rows.order_by("starts_at").values_list("starts_at", "ends_at")]


def get_taken(account_ids: Iterable[UUID], start: datetime, end: datetime) -> dict[UUID, tuple[Slot, ...]]:
    """When each of them sits in a meeting between two moments, in order; who sits in none is not there. One query."""
    rows = MeetingSeat.objects.filter(account_id__in=list(account_ids), ends_at__gt=start, starts_at__lt=end)
    found: dict[UUID, tuple[Slot, ...]] = {}
    for account_id, since, until in rows.order_by("starts_at").values_list("account_id", "starts_at", "ends_at"):
        found[account_id] = (*found.get(account_id, ()), Slot(since, until))
    return found


def list_ahead(*, at: datetime) -> list[UUID]:
    """Fixed meetings that begin within the longest reminder's time, or should have begun."""
    rows = Meeting.objects.filter(state=MeetingState.FIXED, starts_at__lte=at + max(REMINDERS))
    return list(rows.order_by("starts_at").values_list("id", flat=True))


def to_event(meeting: Meeting, number: str, case_id: UUID, *, summary: str, description: str) -> Event:
    """A meeting as an entry for calendars. `number`: the case's; nothing of what it is about."""
    if meeting.starts_at is None:
        raise LookupError("a meeting without a time is no event")
    return Event(
        uid=f"{meeting.id}@huizhen", sequence=meeting.sequence, starts_at=meeting.starts_at,
        ends_at=get_end(meeting), stamped_at=meeting.changed_at, summary=f"{summary} {number}",
        description=description, url=f"{settings.PUBLIC_URL}/consult/joint/{case_id}/",
        cancelled=meeting.state == MeetingState.CANCELLED,
    )  # fmt: skip


def get_end(meeting: Meeting) -> datetime:
    """When a meeting with a time ends."""
    if meeting.starts_at is None:
        raise LookupError("a meeting without a time has no end")
    return end_of(meeting.starts_at, meeting.minutes)
