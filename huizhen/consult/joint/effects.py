"""What follows in a joint consultation: an expired invitation makes room, an approved report becomes a signed file."""

from uuid import UUID

from huizhen.consult.joint import actions
from huizhen.kernel import clock, outbox
from huizhen.kernel.flow.models import CaseEvent


@outbox.on("consult.joint.lapse_invitation")
def move_on(payload: dict) -> None:
    """Close the invitation whose clock ran out, and ask the next expert in line."""
    event = CaseEvent.objects.get(case_id=payload["case"], number=payload["number"])
    _name, _, invitation_id = event.data["clock"].partition(":")
    actions.expire_invitation(UUID(invitation_id), at=clock.now())


@outbox.on("consult.joint.approve_report")
def issue(payload: dict) -> None:
    """Make, sign, store and deliver the report the chair approved."""
    actions.issue_report(UUID(payload["case"]), at=clock.now())


@outbox.on("consult.joint.start_drafting")
def draft(payload: dict) -> None:
    """Have a first draft on the chair's desk, however drafting began."""
    actions.begin_draft(UUID(payload["case"]), at=clock.now())
