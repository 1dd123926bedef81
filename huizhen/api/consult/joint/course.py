"""The course of a consultation: the steps one may take, material asked for and supplied, questions afterwards."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer, versioned
from huizhen.api.consult.joint.access import enter
from huizhen.api.consult.joint.schemas import Missing, MoveOut, ReceiptOut, show_receipt
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Line, Moment, Out, Reference, Text
from huizhen.consult.joint import actions
from huizhen.consult.joint.flow import READ, REPLY
from huizhen.consult.joint.questions import actions as questions
from huizhen.consult.joint.questions.queries import list_questions as list_of_case
from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import actor_of

Plain = Literal["accept_material", "start_assigning", "start_review", "call_meeting", "start_drafting",
                "reopen_review", "close", "withdraw", "refer"]  # fmt: skip

router = Router()


class MoveIn(In):
    """A step, and its reason where the step needs one."""

    name: Plain
    reason: Line = ""


class MaterialRequestIn(In):
    """What is missing, as codes and in a few words."""

    missing: list[Missing] = Field(min_length=1, max_length=10)
    note: Text = Field(default="", examples=["请补充增强 CT。"])


class MaterialIn(In):
    """What was asked for."""

    document_ids: list[UUID] = Field(default=[], max_length=100)
    study_ids: list[UUID] = Field(default=[], max_length=100)
    question: Text | None = None
    summary: Text | None = None


class QuestionIn(In):
    """A question about the delivered report."""

    question: Text = Field(min_length=1, max_length=4000)
    client_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")


class ReplyIn(In):
    """An expert's answer."""

    answer: Text = Field(min_length=1, max_length=4000)


class QuestionOut(Out):
    """A question about the report; `answered_at` is null as long as it waits."""

    id: AnyId
    asked_by: Reference
    asked_at: Moment
    question: str
    answered_by: Reference | None
    answered_at: Moment | None
    answer: str


@reads(router, "/{uuid:case_id}/moves", list[MoveOut])
def list_moves(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """List the steps that you may take now. Whether the case is ready for one is said when it is taken."""
    sheet = access_sheet(actor_of(request), case_id)
    return answer(
        [
            {"name": m.name, "label": str(m.label), "to": m.to, "needs": list(m.needs), "reason": m.reason}
            for m in sheet.moves()
        ]
    )


@writes(router, "POST", "/{uuid:case_id}/moves", ReceiptOut, matches=True)
def make_move(request: HttpRequest, case_id: UUID, move: MoveIn) -> HttpResponse:
    """Take a step that needs nothing but itself."""
    enter(request, case_id)
    if move.name == "reopen_review":
        case = actions.reopen_review(actor_of(request), case_id, reason=move.reason, at=clock.now())
    else:
        case = actions.make_move(actor_of(request), case_id, move.name, at=clock.now(), reason=move.reason)
    return _receipt(request, case)


@writes(router, "POST", "/{uuid:case_id}/material-requests", ReceiptOut, matches=True)
def ask_material(request: HttpRequest, case_id: UUID, wanted: MaterialRequestIn) -> HttpResponse:
    """Ask the applicant for missing material."""
    enter(request, case_id)
    case = actions.ask_material(
        actor_of(request), case_id, missing=list(wanted.missing), note=wanted.note, at=clock.now()
    )  # fmt: skip
    return _receipt(request, case)


@writes(router, "POST", "/{uuid:case_id}/material", ReceiptOut, matches=True)
def supply_material(request: HttpRequest, case_id: UUID, material: MaterialIn) -> HttpResponse:
    """Supply what was asked for and hand the case back to the coordinators."""
    enter(request, case_id)
    case = actions.supply_material(actor_of(request), case_id, at=clock.now(), **material.model_dump())
    return _receipt(request, case)


@writes(router, "POST", "/{uuid:case_id}/questions", ReceiptOut, matches=True)
def ask_back(request: HttpRequest, case_id: UUID, asked: QuestionIn) -> HttpResponse:
    """Ask about a delivered report; the experts are told."""
    enter(request, case_id)
    case = questions.ask_back(
        actor_of(request), case_id, question=asked.question, sent_key=asked.client_id, at=clock.now()
    )  # fmt: skip
    return _receipt(request, case)


@reads(router, "/{uuid:case_id}/questions", list[QuestionOut])
def list_questions(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """List the questions about the report, with their answers."""
    sheet = access_sheet(actor_of(request), case_id, to=READ)
    if not sheet.is_report_open:
        raise NotVisible(case_id)
    return answer([_show_question(one) for one in list_of_case(sheet.application_id)])


@writes(router, "POST", "/{uuid:case_id}/questions/{uuid:question_id}/answer", QuestionOut, matches=True)
def reply(request: HttpRequest, case_id: UUID, question_id: UUID, given: ReplyIn) -> HttpResponse:
    """Answer a question about the report; for its experts."""
    enter(request, case_id, to=REPLY)
    made = questions.reply(actor_of(request), case_id, question_id, answer=given.answer, at=clock.now())
    return answer(_show_question(made))


def _show_question(one: Any) -> dict[str, Any]:
    return {
        "id": one.id,
        "asked_by": {"id": one.asked_by_id, "name": str(one.asked_by)},
        "asked_at": one.asked_at,
        "question": one.question,
        "answered_by": {"id": one.answered_by_id, "name": str(one.answered_by)} if one.answered_by_id else None,
        "answered_at": one.answered_at,
        "answer": one.answer,
    }


def _receipt(request: HttpRequest, case: Any) -> HttpResponse:
    return versioned(request, show_receipt(case), case.version)
