"""Asking back and answering. The case is the chair's while a question is open, and the applicant's again afterwards."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.flow import ASK_BACK, REPLY
from huizhen.consult.joint.models import Application
from huizhen.consult.joint.questions.models import Question
from huizhen.consult.joint.questions.queries import has_open, list_left
from huizhen.kernel import outbox
from huizhen.kernel.access import SYSTEM, Actor, NotVisible
from huizhen.kernel.flow.door import move
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import Case

LONGEST = 4000


@transaction.atomic
def ask_back(actor: Actor, case_id: UUID, *, question: str, sent_key: str, at: datetime) -> Case:
    """Ask about a delivered report; the experts are told. Sent twice under one key, it is asked once.

    Raises:
        NotVisible, NotAllowed; Refused `empty_question`. And as `move`: the seven days are over.
    """
    seen = access_joint(actor, case_id, to=ASK_BACK)
    case = _hold(seen.application)
    known = Question.objects.filter(application=seen.application, asked_by_id=actor.account, sent_key=sent_key)
    if known.exists():
        return case
    if not question.strip():
        raise Refused("empty_question")
    case = move(case_id, "ask_back", actor=actor, at=at)
    Question.objects.create(
        application=seen.application, asked_by_id=actor.account, asked_at=at, sent_key=sent_key,
        question=question.strip()[:LONGEST],
    )  # fmt: skip
    return case


@transaction.atomic
def reply(actor: Actor, case_id: UUID, question_id: UUID, *, answer: str, at: datetime) -> Question:
    """Answer a question; applicant, patient and family are told. The same answer twice does no harm.

    Raises:
        NotVisible: no such question, or not an expert of this case. Refused `empty_answer`; `answered`: otherwise.
    """
    seen = access_joint(actor, case_id, to=REPLY)
    _hold(seen.application)
    found = Question.objects.filter(application=seen.application, id=question_id).first()
    if found is None:
        raise NotVisible(question_id)
    if found.answered_at:
        if (found.answered_by_id, found.answer) == (actor.account, answer.strip()[:LONGEST]):
            return found
        raise Refused("answered")
    if not answer.strip():
        raise Refused("empty_answer")
    case = move(case_id, "reply", actor=actor, at=at, data={"question": str(question_id)})
    found.answer, found.answered_by_id, found.answered_at = answer.strip()[:LONGEST], actor.account, at
    found.save()
    if case.state == "answering" and not has_open(seen.application.id):
        move(case_id, "settle", actor=SYSTEM, at=at)
    return found


def take_up(application: Application, *, at: datetime) -> None:
    """A correction is over: where a question still waits, the case is the chair's again, with a deadline of its own.
    The caller has opened the transaction and holds the case."""
    if has_open(application.id):
        move(application.case_id, "take_up_questions", actor=SYSTEM, at=at)


def take_up_left(*, at: datetime) -> None:
    """Take up what waits although its case stands as delivered: corrections once ended without looking for questions.

    Raises:
        As `outbox.go_round`.
    """

    @transaction.atomic
    def take_up_one(application_id: UUID) -> None:
        application = Application.objects.get(id=application_id)
        if _hold(application).state == "delivered":
            take_up(application, at=at)

    outbox.go_round(list_left(), take_up_one)


def _hold(application: Application) -> Case:
    rows = Application.objects.select_for_update(of=("case",)).select_related("case")
    return rows.get(id=application.id).case
