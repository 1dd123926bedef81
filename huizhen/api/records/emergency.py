"""Emergency access: a record opened with a reason for some hours, and judged afterwards."""

from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Line, Moment, Out
from huizhen.kernel import clock
from huizhen.kernel.limits import Limit
from huizhen.people.accounts.requests import actor_of
from huizhen.records.emergency import access, actions, queries
from huizhen.records.emergency.flow import JUDGE

TRIES = Limit(
    "emergency access", account=settings.EMERGENCY_PER_DAY, address=settings.EMERGENCY_PER_DAY * 20, seconds=86_400
)

router = Router()


class EmergencyIn(In):
    """The whole name, one whole number (a document's or a phone's), and why the record must be seen now."""

    name: Line
    number: Line
    reason: str = Field(min_length=1, max_length=500)


class VerdictIn(In):
    """Whether the opening was justified, and why."""

    verdict: Literal["justified", "unjustified"]
    reason: str = Field(min_length=1, max_length=500)


class EmergencyOut(Out):
    """One opening; the reason is read with the record's other health data, on the page of the review."""

    case_id: AnyId
    number: str
    patient_id: AnyId
    account_id: AnyId
    opened_at: Moment
    until: Moment
    verdict: Literal["", "justified", "unjustified"]


@reads(router, "/emergencies", list[EmergencyOut])
def list_emergencies(request: HttpRequest) -> HttpResponse:
    """List openings that wait for your verdict, what is due first in front."""
    places = access.access_reviews(actor_of(request))
    return answer([_show(one) for one in queries.list_of_places(places)])


@writes(router, "POST", "/emergencies", EmergencyOut, status=201, limited=TRIES)
def open_emergency(request: HttpRequest, wanted: EmergencyIn) -> HttpResponse:
    """Open the record of the patient in front of you. The patient is told at once, and it is reviewed within a day."""
    made = actions.open_emergency(**wanted.model_dump(), actor=actor_of(request), at=clock.now())
    return answer(_show(made), status=201)


@writes(router, "POST", "/emergencies/{uuid:emergency_id}/verdict", EmergencyOut)
def judge_emergency(request: HttpRequest, emergency_id: UUID, wanted: VerdictIn) -> HttpResponse:
    """Say whether an opening was justified. One that was not ends at once."""
    found = access.access_emergency(actor_of(request), emergency_id, to=JUDGE)
    verdict, reason = wanted.verdict, wanted.reason
    return answer(_show(actions.judge(found, verdict, reason=reason, actor=actor_of(request), at=clock.now())))


def _show(found: Any) -> dict[str, Any]:
    return {**{name: getattr(found, name) for name in EmergencyOut.model_fields if name != "number"},
            "number": found.case.number}  # fmt: skip
