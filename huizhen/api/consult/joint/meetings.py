"""The meeting of the experts: times offered, chosen, moved, cancelled, and the file for calendars."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import AwareDatetime, Field

from huizhen.api.answers import answer, nothing
from huizhen.api.consult.joint.access import enter
from huizhen.api.consult.joint.schemas import ReasonIn
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, Line, Moment, Out, Reference
from huizhen.api.schemas import In as Body
from huizhen.consult.joint.flow import CONVENE, READ
from huizhen.consult.joint.meetings import actions, ics
from huizhen.consult.joint.meetings.access import VOTE
from huizhen.consult.joint.meetings.queries import get_meeting, to_event
from huizhen.consult.joint.sheets import Sheet, access_sheet
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import actor_of

router = Router()


class VoteOut(Out):
    """Whether somebody can at one of the times."""

    account: Reference
    can: bool


class OptionOut(Out):
    """One of the times offered."""

    id: AnyId
    starts_at: Moment
    votes: list[VoteOut]


class MeetingOut(Out):
    """The meeting that stands, else the last one; `sequence` grows with every change that calendars must hear of."""

    id: AnyId
    state: Literal["offered", "fixed", "held", "cancelled"]
    minutes: int
    starts_at: Moment | None
    sequence: int
    options: list[OptionOut]


class OfferIn(Body):
    """How long the meeting is to be."""

    minutes: Literal[15, 30, 45, 60, 90]


class VotesIn(Body):
    """The offered times at which you can; none of the others suits."""

    option_ids: list[UUID] = Field(max_length=10)


class ChoiceIn(Body):
    """The offered time that is decided for."""

    option_id: UUID


class ShiftIn(Body):
    """Another time, and why; everybody is told the reason."""

    starts_at: AwareDatetime
    reason: Line = Field(min_length=1, examples=["专家临时有紧急手术"])


@reads(router, "/{uuid:case_id}/meeting", MeetingOut)
def get_case_meeting(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Read where the meeting stands: the times offered, who can when, or the time that is fixed."""
    return answer(_show(_meeting(_sheet(request, case_id))))


@reads(router, "/{uuid:case_id}/meeting.ics", None)
def get_calendar_file(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Download the fixed meeting for a calendar (RFC 5545); opened again after a change, it takes the change."""
    sheet = _sheet(request, case_id)
    meeting = _meeting(sheet)
    if meeting.starts_at is None:
        raise NotVisible(case_id)
    event = to_event(
        meeting, sheet.number, case_id, summary=_("Joint consultation"),
        description=_("Open the case for material and the way into the meeting."),
    )  # fmt: skip
    named = {"Content-Disposition": f'attachment; filename="{sheet.number}.ics"', "Cache-Control": "private, no-store"}
    return HttpResponse(ics.write_calendar(event), content_type=ics.MEDIA_TYPE, headers=named)


@writes(router, "POST", "/{uuid:case_id}/meeting/offers", MeetingOut, status=201, matches=True)
def offer_times(request: HttpRequest, case_id: UUID, wanted: OfferIn) -> HttpResponse:
    """Find up to three times that suit everybody, and ask them."""
    sheet = enter(request, case_id, to=CONVENE)
    actions.offer_times(actor_of(request), case_id, minutes=wanted.minutes, at=clock.now())
    return answer(_show(_meeting(sheet)), status=201)


@writes(router, "POST", "/{uuid:case_id}/meeting/votes", MeetingOut, matches=True)
def vote(request: HttpRequest, case_id: UUID, chosen: VotesIn) -> HttpResponse:
    """Say when you can. When everybody can at one time, it is fixed by itself."""
    sheet = enter(request, case_id, to=VOTE)
    actions.vote(actor_of(request), case_id, chosen.option_ids, at=clock.now())
    return answer(_show(_meeting(sheet)))


@writes(router, "POST", "/{uuid:case_id}/meeting/choice", MeetingOut, matches=True)
def choose_time(request: HttpRequest, case_id: UUID, chosen: ChoiceIn) -> HttpResponse:
    """Decide for one of the offered times, whoever has answered."""
    sheet = enter(request, case_id, to=CONVENE)
    actions.fix_meeting(actor_of(request), case_id, chosen.option_id, at=clock.now())
    return answer(_show(_meeting(sheet)))


@writes(router, "POST", "/{uuid:case_id}/meeting/shift", MeetingOut, matches=True)
def reschedule(request: HttpRequest, case_id: UUID, wanted: ShiftIn) -> HttpResponse:
    """Move a fixed meeting; everybody is told the reason."""
    sheet = enter(request, case_id, to=CONVENE)
    actions.shift_meeting(actor_of(request), case_id, wanted.starts_at, reason=wanted.reason, at=clock.now())
    return answer(_show(_meeting(sheet)))


@writes(router, "POST", "/{uuid:case_id}/meeting/cancellation", None, status=204, matches=True)
def cancel_meeting(request: HttpRequest, case_id: UUID, why: ReasonIn) -> HttpResponse:
    """Cancel the meeting; everybody is told the reason."""
    enter(request, case_id, to=CONVENE)
    actions.cancel_meeting(actor_of(request), case_id, reason=why.reason, at=clock.now())
    return nothing()


def _sheet(request: HttpRequest, case_id: UUID) -> Sheet:
    sheet = access_sheet(actor_of(request), case_id, to=READ)
    if set(sheet.capacities) == {"invitee"}:
        raise NotVisible(case_id)
    return sheet


def _meeting(sheet: Sheet) -> Any:
    found = get_meeting(sheet.application_id)
    if found is None:
        raise NotVisible(sheet.id)
    return found


def _show(meeting: Any) -> dict[str, Any]:
    options = [
        {
            "id": option.id, "starts_at": option.starts_at,
            "votes": [{"account": {"id": v.account_id, "name": str(v.account)}, "can": v.can}
                      for v in option.votes.all()],
        }
        for option in sorted(meeting.options.all(), key=lambda one: one.starts_at)
    ]  # fmt: skip
    return {
        "id": meeting.id, "state": str(meeting.state), "minutes": meeting.minutes, "starts_at": meeting.starts_at,
        "sequence": meeting.sequence, "options": options,
    }  # fmt: skip
