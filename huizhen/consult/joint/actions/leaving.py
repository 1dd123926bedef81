"""Leaving a panel one has joined: who cannot go on is released, and nobody waits for that opinion any more."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint import rules
from huizhen.consult.joint.actions.opinions import go_on
from huizhen.consult.joint.actions.panel import end_invitation, hold_invitation, invite_next
from huizhen.consult.joint.flow import COORDINATE
from huizhen.consult.joint.meetings.actions import unseat
from huizhen.consult.joint.models import InvitationState
from huizhen.consult.joint.queries import get_application
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.access import access_case
from huizhen.kernel.flow.acts import end_clock, leave
from huizhen.kernel.flow.clocks import personal
from huizhen.kernel.flow.door import move


@transaction.atomic
def release_expert(actor: Actor, case_id: UUID, invitation_id: UUID, *, reason: str, at: datetime) -> None:
    """Release an expert whose opinion is awaited and who cannot go on; the next in line for the same seat is asked.
    Asked to look again, the expert stays with the opinion that was signed.

    Raises:
        NotVisible, NotAllowed; Refused `nothing_awaited`; `chair_first`: name another chair; `too_few_experts`: invite
        another expert first. And as `move`.
    """
    access_case(actor, case_id, to=COORDINATE)
    invitation = hold_invitation(invitation_id, case_id)
    leaves = rules.check_release(get_application(case_id), invitation)
    move(case_id, "release_expert", actor=actor, at=at, reason=reason, data={"invitation": str(invitation_id)})
    invitation.asked_again_at = None
    invitation.save(update_fields=["asked_again_at"])
    end_clock(case_id, personal(invitation.expert_id), at=at, met=False)
    if leaves:
        end_invitation(invitation, InvitationState.WITHDRAWN, at, met=False)
        leave(case_id, invitation.expert_id, "expert", actor=actor, at=at)
        unseat(case_id, invitation.expert_id)
        invite_next(invitation, at)
    go_on(case_id, at)
