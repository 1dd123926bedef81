"""Reads of questions about a report."""

from uuid import UUID

from huizhen.consult.joint.questions.models import Question


def list_questions(application_id: UUID) -> list[Question]:
    """All questions of a consultation, in the order they were asked."""
    rows = Question.objects.filter(application_id=application_id).select_related("asked_by", "answered_by")
    return list(rows.order_by("id"))


def has_open(application_id: UUID) -> bool:
    """Whether a question waits for its answer."""
    return Question.objects.filter(application_id=application_id, answered_at=None).exists()
