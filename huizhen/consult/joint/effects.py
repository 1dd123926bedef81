"""What follows in a joint consultation: an expired invitation makes room, an approved report becomes a signed file."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from huizhen.consult.joint import actions
from huizhen.consult.joint.models import Invitation, InvitationState
from huizhen.consult.joint.queries import Asked, get_asked, list_asked
from huizhen.kernel import clock, outbox
from huizhen.kernel.flow.models import Case, CaseEvent
from huizhen.kernel.notify import register, tell

CORRECTED = register(
    "consult.joint.corrected_late",
    title=_("A report you worked on was corrected · %(number)s"),
    body=_("The report of consultation %(number)s, closed some time ago, was corrected and signed anew."),
    link=lambda _context: "/consult/outcomes/",
)
INVITED = register(
    "consult.joint.invited",
    title=_("You are invited to a joint consultation · %(number)s"),
    body=_("You are invited to the joint consultation %(number)s. Please accept or decline by %(due)s."),
)
TAKEN_BACK = register(
    "consult.joint.invitation_withdrawn",
    title=_("Your invitation is taken back · %(number)s"),
    body=_("Your invitation to the joint consultation %(number)s is taken back. There is nothing for you to do."),
)
LAPSED = register(
    "consult.joint.invitation_expired",
    title=_("Your invitation has lapsed · %(number)s"),
    body=_("Your invitation to the joint consultation %(number)s was not answered in time and has lapsed."),
)


@outbox.on("consult.joint.lapse_invitation")
def move_on(payload: dict) -> None:
    """Close the invitation whose clock ran out, and ask the next expert in line."""
    event = CaseEvent.objects.get(case_id=payload["case"], number=payload["number"])
    _name, _colon, invitation_id = event.data["clock"].partition(":")
    actions.expire_invitation(UUID(invitation_id), at=clock.now())


@outbox.on(
    "consult.joint.approve_report", "consult.joint.cosign", "consult.joint.pass_cosigning",
    "consult.joint.release_cosigner",
)  # fmt: skip
def issue(payload: dict) -> None:
    """Make, sign, store and deliver the report the chair approved, once everybody who co-signs has answered."""
    actions.issue_report(UUID(payload["case"]), at=clock.now())


@outbox.on("consult.joint.start_drafting", "consult.joint.withdraw", "consult.joint.refer", "consult.joint.close")
def dismiss(payload: dict) -> None:
    """Nobody is asked any more: invitations without an answer are taken back."""
    actions.dismiss_invitations(UUID(payload["case"]), at=clock.now())


@outbox.on("records.consent.withdrawn.*")
def note_withdrawn_consent(payload: dict) -> None:
    """Tell those who work on the case that its materials are closed now; a consent of no such case is not ours."""
    if payload["case"]:
        actions.note_consent_withdrawn(UUID(payload["case"]), consent=UUID(payload["consent"]), at=clock.now())


@outbox.on("records.consent.given_again.*")
def note_new_consent(payload: dict) -> None:
    """Tell the same people that the patient agrees again."""
    if payload["case"]:
        actions.note_agreed_again(UUID(payload["case"]), consent=UUID(payload["consent"]), at=clock.now())


@outbox.on("records.guardian.*", "records.patient.linked", "records.patient.unlinked")
def let_family_in(payload: dict) -> None:
    """Who stands for the patient from now on sees the patient's consultations; who no longer does, does not."""
    actions.match_family(UUID(payload["patient"]), at=clock.now())


@outbox.on("records.patient.merged", "records.patient.split")
def match_joined(payload: dict) -> None:
    """Two records are one person's, or two persons' again: so are their consultations."""
    for record in ("survivor", "replaced"):
        actions.match_family(UUID(payload[record]), at=clock.now())


@outbox.on("consult.joint.deliver_late")
def tell_panel(payload: dict) -> None:
    """The experts, whose access has ended, hear that the report they worked on was corrected."""
    case = Case.objects.get(id=payload["case"])
    rows = Invitation.objects.filter(application__case=case, state=InvitationState.ACCEPTED)
    context = {"number": case.number, "link": "/consult/outcomes/", "case": case.id}
    accounts = sorted(set(rows.values_list("expert_id", flat=True)))
    tell(CORRECTED, accounts, key=f"{case.id}:{payload['number']}", context=context, urgency="normal", at=clock.now())


@outbox.on("consult.joint.start_drafting")
def draft(payload: dict) -> None:
    """Have a first draft on the chair's desk, however drafting began."""
    actions.begin_draft(UUID(payload["case"]), at=clock.now())


@outbox.on("consult.joint.invited")
def tell_invited(payload: dict) -> None:
    """The expert hears of the invitation and until when it waits; answered or over already, nothing is left to tell."""
    asked = get_asked(UUID(payload["invitation"]))
    if asked.due_at:
        _tell_expert(INVITED, asked, key=f"{asked.invitation.id}:invited")


@outbox.on("consult.joint.hurried")
def tell_hurried(payload: dict) -> None:
    """Whoever is asked and has not answered hears that the invitation waits until another time."""
    for asked in list_asked(UUID(payload["case"])):
        if asked.due_at:
            _tell_expert(INVITED, asked, key=f"{asked.invitation.id}:{payload['number']}")


@outbox.on("consult.joint.invitation_withdrawn", "consult.joint.invitation_expired")
def tell_let_go(payload: dict) -> None:
    """Who was asked hears that the invitation is taken back, by a person or with the search itself, or has lapsed."""
    asked = get_asked(UUID(payload["invitation"]))
    kind = LAPSED if asked.invitation.state == InvitationState.EXPIRED else TAKEN_BACK
    _tell_expert(kind, asked, key=f"{asked.invitation.id}:over")


def _tell_expert(kind: str, asked: Asked, *, key: str) -> None:
    """Number and time; what the case is about stands behind the link, as long as it is open to the expert."""
    case = asked.invitation.application.case
    context = {"number": case.number, "case": case.id, "link": f"/cases/{case.id}" if kind == INVITED else "/"}
    if asked.due_at:
        context["due"] = asked.due_at
    tell(kind, [asked.invitation.expert_id], key=key, context=context, urgency=case.urgency, at=clock.now())
