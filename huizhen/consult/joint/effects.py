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


@outbox.on("consult.joint.approve_report", "consult.joint.cosign", "consult.joint.pass_cosigning")
def issue(payload: dict) -> None:
    """Make, sign, store and deliver the report the chair approved, once everybody who co-signs has answered."""
    actions.issue_report(UUID(payload["case"]), at=clock.now())


@outbox.on("consult.joint.start_drafting", "consult.joint.withdraw", "consult.joint.refer", "consult.joint.close")
def dismiss(payload: dict) -> None:
    """Nobody is asked any more: invitations without an answer are taken back."""
    actions.dismiss_invitations(UUID(payload["case"]), at=clock.now())


@outbox.on("records.consent.withdrawn")
def note_withdrawn_consent(payload: dict) -> None:
    """Tell those who work on the case that its materials are closed now; a consent of no such case is not ours."""
    if payload["case"]:
        actions.note_consent_withdrawn(UUID(payload["case"]), consent=payload["consent"], at=clock.now())


@outbox.on("consult.joint.start_drafting")
def draft(payload: dict) -> None:
    """Have a first draft on the chair's desk, however drafting began."""
    actions.begin_draft(UUID(payload["case"]), at=clock.now())
