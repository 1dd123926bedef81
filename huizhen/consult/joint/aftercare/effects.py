"""With the report a follow-up is planned; with its outcome the experts are told, also those whose access has ended."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from huizhen.consult.joint.aftercare import actions
from huizhen.consult.joint.models import Invitation, InvitationState
from huizhen.kernel import clock, outbox
from huizhen.kernel.flow.models import Case
from huizhen.kernel.notify import register, tell

TOLD = register(
    "consult.joint.outcome_told",
    title=_("What became of your advice · %(number)s"),
    body=_("The applicant has recorded the outcome of consultation %(number)s."),
    link=lambda _context: "/consult/outcomes/",
)


@outbox.on("consult.joint.deliver")
def plan(payload: dict) -> None:
    """Ask after some weeks."""
    actions.plan_follow_up(UUID(payload["case"]), at=clock.now())


@outbox.on(actions.FOLLOWED_UP)
def tell_experts(payload: dict) -> None:
    """One message to each expert who took part."""
    case = Case.objects.get(id=payload["case"])
    rows = Invitation.objects.filter(application__case=case, state=InvitationState.ACCEPTED)
    context = {"number": case.number, "link": "/consult/outcomes/", "case": case.id}
    accounts = sorted(set(rows.values_list("expert_id", flat=True)))
    tell(TOLD, accounts, key=f"{case.id}:outcome", context=context, urgency="normal", at=clock.now())
