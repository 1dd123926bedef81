"""After the report: ratings, and what became of the advice."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer
from huizhen.api.consult.joint.access import enter
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Moment, Out, Text
from huizhen.consult.joint.aftercare import actions
from huizhen.consult.joint.aftercare.access import PLAN, RATE, RECORD, access_outcomes
from huizhen.consult.joint.aftercare.queries import get_follow_up, list_ratings
from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import actor_of

Followed = Literal["yes", "partly", "no"]
Course = Literal["better", "same", "worse", "died", "unknown"]

router, outcomes = Router(), Router()


class RatingIn(In):
    """One to five each: how fast, how clear, how useful; and a few words."""

    speed: int = Field(ge=1, le=5)
    clarity: int = Field(ge=1, le=5)
    use: int = Field(ge=1, le=5)
    words: Text = Field(default="", max_length=2000)


class RatingOut(Out):
    """What one person said about the consultation."""

    id: AnyId
    by_patient: bool
    speed: int
    clarity: int
    use: int
    words: str
    rated_at: Moment


class OutcomeIn(In):
    """What became of the advice. `diagnosis_held`: whether the diagnosis proved right; null where not known."""

    followed: Followed
    course: Course
    diagnosis_held: bool | None = None
    words: Text = Field(default="", max_length=2000)


class FollowUpDay(In):
    """How many days after the delivery the applicant is asked."""

    days: int = Field(ge=actions.SOONEST, le=actions.LATEST)


class FollowUpOut(Out):
    """When it is asked what became of the advice, and the answer; `followed` and `course` are empty before."""

    due_at: Moment
    recorded_at: Moment | None
    followed: Literal["", "yes", "partly", "no"]
    course: Literal["", "better", "same", "worse", "died", "unknown"]
    diagnosis_held: bool | None
    words: str


class OutcomeOut(FollowUpOut):
    """What became of the advice in one consultation; no more of its record."""

    case_number: str = Field(examples=["J-0042-1768-X"])
    specialty: str = Field(examples=["03.01"])


@reads(router, "/{uuid:case_id}/ratings", list[RatingOut])
def list_case_ratings(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """List what was said about the consultation; who applied as a patient or for one sees the own rating only."""
    sheet = access_sheet(actor_of(request), case_id)
    if set(sheet.capacities) == {"invitee"}:
        raise NotVisible(case_id)
    own = sheet.actor.account_id
    shown = [one for one in list_ratings(sheet.application_id) if sheet.audience != "patient" or one.account_id == own]
    return answer([{name: getattr(one, name) for name in RatingOut.model_fields} for one in shown])


@writes(router, "POST", "/{uuid:case_id}/ratings", RatingOut, status=201, matches=True)
def rate(request: HttpRequest, case_id: UUID, rating: RatingIn) -> HttpResponse:
    """Rate the consultation, once and for good; for applicant, patient and family."""
    enter(request, case_id, to=RATE)
    stars = actions.Stars(rating.speed, rating.clarity, rating.use)
    made = actions.rate(actor_of(request), case_id, stars, words=rating.words, at=clock.now())
    return answer({name: getattr(made, name) for name in RatingOut.model_fields}, status=201)


@reads(router, "/{uuid:case_id}/follow-up", FollowUpOut)
def get_case_follow_up(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Read when the outcome is asked for, and what was recorded."""
    sheet = access_sheet(actor_of(request), case_id)
    found = None if set(sheet.capacities) == {"invitee"} else get_follow_up(sheet.application_id)
    if found is None:
        raise NotVisible(case_id)
    return answer(_show(found))


@writes(router, "POST", "/{uuid:case_id}/follow-up", FollowUpOut, matches=True)
def record_outcome(request: HttpRequest, case_id: UUID, outcome: OutcomeIn) -> HttpResponse:
    """Say what became of the advice, once; the experts are told."""
    enter(request, case_id, to=RECORD)
    return answer(_show(actions.record_outcome(actor_of(request), case_id, at=clock.now(), **outcome.model_dump())))


@writes(router, "PUT", "/{uuid:case_id}/follow-up/day", FollowUpOut, matches=True)
def choose_follow_up_day(request: HttpRequest, case_id: UUID, chosen: FollowUpDay) -> HttpResponse:
    """Choose when the outcome is asked for, as days after the delivery; for the applicant and the chair, until it has
    been asked for. An unanswered question is repeated once, a week later."""
    enter(request, case_id, to=PLAN)
    return answer(_show(actions.choose_day(actor_of(request), case_id, days=chosen.days, at=clock.now())))


@reads(outcomes, "/outcomes", list[OutcomeOut])
def list_outcomes(request: HttpRequest) -> HttpResponse:
    """List what became of your own advice, the latest hundred; each look is written into the patients' audit."""
    rows = access_outcomes(actor_of(request), at=clock.now())
    return answer(
        [
            {
                **_show(one), "case_number": one.application.case.number, "specialty": one.application.specialty_id,
            }
            for one in rows
        ]
    )  # fmt: skip


def _show(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FollowUpOut.model_fields}
