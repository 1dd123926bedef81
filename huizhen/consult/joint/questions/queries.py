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


def list_left() -> list[UUID]:
    """The consultations that stand as delivered though a question waits."""
    rows = Question.objects.filter(answered_at=None, application__case__state="delivered")
    return sorted(set(rows.values_list("application_id", flat=True)))
