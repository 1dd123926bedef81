"""Who may rate, who says what became of the advice, who chooses when it is asked, and what each expert reads of it."""

from datetime import datetime

from huizhen.consult.joint.aftercare.models import FollowUp
from huizhen.consult.joint.models import InvitationState
from huizhen.kernel import audit
from huizhen.kernel.access import Actor, grant

RATE = grant("consult:joint:rate", participants=("applicant", "patient", "family"))
RECORD = grant("consult:joint:record_outcome", participants=("applicant",))
PLAN = grant("consult:joint:plan_follow_up", participants=("applicant", "chair"))
LATEST = 100


def access_outcomes(actor: Actor, *, at: datetime) -> list[FollowUp]:
    """What became of the advice this expert gave, the latest first: the outcome and the case's number, no more of the
    record, which has closed with the case. Each look is written into the patients' audit."""
    rows = FollowUp.objects.filter(
        recorded_at__isnull=False, application__invitations__expert_id=actor.account,
        application__invitations__state=InvitationState.ACCEPTED,
    ).select_related("application__case", "application__specialty")  # fmt: skip
    found = list(rows.order_by("-recorded_at")[:LATEST])
    for one in found:
        case = one.application.case
        audit.record(
            actor, "consult.joint.outcome.read", subject_kind="follow_up", subject_id=one.id,
            patient_id=one.application.patient_id, case_id=case.id, organisation_id=case.organisation_id, at=at,
        )  # fmt: skip
    return found
