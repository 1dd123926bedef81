"""Reads of ratings and follow-ups."""

from datetime import datetime, timedelta
from uuid import UUID

from huizhen.consult.joint.aftercare.models import Course, Followed, FollowUp, Rating
from huizhen.consult.joint.models import Application

FOLLOWED, COURSES = Followed.choices, Course.choices  # what a form offers


def list_ratings(application_id: UUID) -> list[Rating]:
    """What was said about a consultation."""
    return list(Rating.objects.filter(application_id=application_id).order_by("id"))


def get_follow_up(application_id: UUID) -> FollowUp | None:
    """When it is asked what became of the advice, and the answer."""
    return FollowUp.objects.filter(application_id=application_id).select_related("recorded_by").first()


def list_due(*, at: datetime, silent_since: datetime) -> list[UUID]:
    """Follow-ups to be asked for now, and those asked for once, before `silent_since`, that nobody has answered."""
    due = FollowUp.objects.filter(due_at__lte=at, asked_at=None).order_by("due_at")
    silent = FollowUp.objects.filter(asked_at__lte=silent_since, asked_again_at=None, recorded_at=None)
    return [*due.values_list("id", flat=True), *silent.order_by("asked_at").values_list("id", flat=True)]


def get_days(application: Application) -> int | None:
    """How many days after the delivery it is asked what became of the advice; not planned yet: None."""
    found = get_follow_up(application.id)
    signed = [report.signed_at for report in application.reports.all() if report.signed_at]
    return round((found.due_at - min(signed)) / timedelta(days=1)) if found and signed else None
