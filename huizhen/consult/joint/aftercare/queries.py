"""Reads of ratings and follow-ups."""

from datetime import datetime
from uuid import UUID

from huizhen.consult.joint.aftercare.models import Course, Followed, FollowUp, Rating

FOLLOWED, COURSES = Followed.choices, Course.choices  # what a form offers


def list_ratings(application_id: UUID) -> list[Rating]:
    """What was said about a consultation."""
    return list(Rating.objects.filter(application_id=application_id).order_by("id"))


def get_follow_up(application_id: UUID) -> FollowUp | None:
    """When it is asked what became of the advice, and the answer."""
    return FollowUp.objects.filter(application_id=application_id).select_related("recorded_by").first()


def list_due(*, at: datetime) -> list[UUID]:
    """Follow-ups to be asked for now."""
    return list(FollowUp.objects.filter(due_at__lte=at, asked_at=None).order_by("due_at").values_list("id", flat=True))
