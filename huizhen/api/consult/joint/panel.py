"""The panel of a consultation: experts invited, their answers, the chair."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer, nothing
from huizhen.api.consult.joint.access import enter
from huizhen.api.consult.joint.schemas import ReasonIn
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Line, Moment, Out, Reference
from huizhen.consult.joint import actions
from huizhen.consult.joint.flow import COORDINATE
from huizhen.consult.joint.queries import list_invitations
from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel import clock
from huizhen.people.accounts.requests import actor_of

router = Router()


class InvitationOut(Out):
    """An invitation. `place`: its turn, where experts are asked one after the other."""

    id: AnyId
    expert: Reference
    state: Literal["queued", "invited", "accepted", "declined", "expired", "withdrawn"]
    place: int
    is_chair: bool
    invited_at: Moment
    answered_at: Moment | None
    decline_reason: str


class InvitationsIn(In):
    """Experts by account. `in_line`: the first now, each next one when those before have declined. `despite_limit`:
    also experts whose week is full; it is noted in the audit."""

    expert_ids: list[UUID] = Field(min_length=1, max_length=20)
    in_line: bool = False
    despite_limit: bool = False


class AnswerIn(In):
    """The answer of an expert. `why`: what keeps them from it; “not_my_field” makes such cases go to others first."""

    accepts: bool
    why: Literal["", "not_my_field", "too_busy", "away", "conflict", "material", "other"] = ""
    reason: Line = ""


class ChairIn(In):
    """The accepted invitation of the expert who is to chair. `reason`: why the chair is replaced, once the meeting or
    the report has begun."""

    invitation_id: UUID
    reason: Line = ""


@reads(router, "/{uuid:case_id}/invitations", list[InvitationOut])
def list_case_invitations(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """List the invitations of a consultation: all of them for coordinators, one's own for an expert."""
    sheet = access_sheet(actor_of(request), case_id)
    found = list_invitations(sheet.application_id)
    if not sheet.may(COORDINATE):
        found = [invitation for invitation in found if invitation.expert_id == sheet.actor.account_id]
    return answer([_show(invitation) for invitation in found])


@writes(router, "POST", "/{uuid:case_id}/invitations", list[InvitationOut], status=201, matches=True)
def invite(request: HttpRequest, case_id: UUID, wanted: InvitationsIn) -> HttpResponse:
    """Invite experts."""
    sheet = enter(request, case_id, to=COORDINATE)
    made = actions.invite(
        actor_of(request), case_id, wanted.expert_ids, at=clock.now(), in_line=wanted.in_line,
        despite_limit=wanted.despite_limit,
    )  # fmt: skip
    keys = {invitation.id for invitation in made}
    shown = [_show(row) for row in list_invitations(sheet.application_id) if row.id in keys]
    return answer(shown, status=201)


@writes(router, "DELETE", "/{uuid:case_id}/invitations/{uuid:invitation_id}", None, status=204, matches=True)
def withdraw_invitation(request: HttpRequest, case_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Take an unanswered invitation back."""
    enter(request, case_id, to=COORDINATE)
    actions.withdraw_invitation(actor_of(request), case_id, invitation_id, at=clock.now())
    return nothing()


@writes(router, "POST", "/{uuid:case_id}/invitations/{uuid:invitation_id}/answer", InvitationOut, matches=True)
def answer_invitation(request: HttpRequest, case_id: UUID, invitation_id: UUID, given: AnswerIn) -> HttpResponse:
    """Accept or decline one's own invitation."""
    enter(request, case_id)
    made = actions.answer(
        actor_of(request), invitation_id, accepts=given.accepts, at=clock.now(), reason=given.reason, why=given.why
    )  # fmt: skip
    return answer(_show(made))


@writes(router, "POST", "/{uuid:case_id}/invitations/{uuid:invitation_id}/release", None, status=204, matches=True)
def release_expert(request: HttpRequest, case_id: UUID, invitation_id: UUID, why: ReasonIn) -> HttpResponse:
    """Release an expert whose opinion is awaited and who cannot go on."""
    enter(request, case_id, to=COORDINATE)
    actions.release_expert(actor_of(request), case_id, invitation_id, reason=why.reason, at=clock.now())
    return nothing()


@writes(router, "POST", "/{uuid:case_id}/chair", None, status=204, matches=True)
def name_chair(request: HttpRequest, case_id: UUID, chair: ChairIn) -> HttpResponse:
    """Name the chair among the experts who accepted, or replace the one there is."""
    enter(request, case_id, to=COORDINATE)
    actions.name_chair(actor_of(request), case_id, chair.invitation_id, at=clock.now(), reason=chair.reason)
    return nothing()


def _show(invitation: Any) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "expert": {"id": invitation.expert_id, "name": str(invitation.expert)},
        "state": str(invitation.state),
        "place": invitation.place,
        "is_chair": invitation.is_chair,
        "invited_at": invitation.invited_at,
        "answered_at": invitation.answered_at,
        "decline_reason": invitation.decline_reason,
    }
