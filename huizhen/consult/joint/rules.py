"""What a joint consultation needs before it may go on. No database writes, no clock.

The guards get the application with its rows; each raises `Refused` with a stable code.
"""

from collections.abc import Collection
from typing import Any

from huizhen.consult.joint.models import Application, Cosignature, CosigningState, Invitation, InvitationState
from huizhen.kernel.flow.language import Refused

SUMMARY_AT_LEAST = 20
QUESTION_AT_LEAST = 5


def is_patients_eye(capacities: Collection[str], *, own: bool, by_family: bool) -> bool:
    """Whether somebody sees a case with the patient's eyes only: the patient and family, who applied themselves too.
    `own`: they stand for the patient today; `by_family`: who applied did so as family, and stays that in this case."""
    if own:
        return not {"expert", "chair"} & set(capacities)
    asking = {"applicant"} if by_family else set()
    return bool(capacities) and set(capacities) <= {"patient", "family", *asking}


def needs_consent(capacities: Collection[str], audience: str) -> bool:
    """Whether somebody reads question and summary by the patient's consent alone: who is asked for an opinion, and
    neither asked the question, is the patient nor of the centre's team."""
    return audience == "staff" and bool({"invitee", "expert"} & set(capacities)) and "applicant" not in capacities


def list_missing(*, question: str, summary: str, documents: int, studies: int, purpose: str) -> list[str]:
    """What an application still lacks, as codes for the reader's language; empty when it is complete."""
    missing = []
    if len(question.strip()) < QUESTION_AT_LEAST:
        missing.append("question")
    if len(summary.strip()) < SUMMARY_AT_LEAST:
        missing.append("summary")
    if documents + studies == 0:
        missing.append("material")
    if purpose == "surgery" and studies == 0:
        missing.append("imaging")
    return missing


def missing_of(application: Application) -> list[str]:
    """`list_missing` for a stored application."""
    materials = list(application.materials.all())
    return list_missing(
        question=application.question,
        summary=application.summary,
        documents=sum(1 for material in materials if material.document_id),
        studies=sum(1 for material in materials if material.study_id),
        purpose=application.purpose,
    )


def check_complete(application: Application, data: dict[str, Any]) -> None:
    """The application carries what experts need."""
    if missing := missing_of(application):
        raise Refused("incomplete", missing=missing)


def check_supplied(application: Application, data: dict[str, Any]) -> None:
    """Something came in, or was explained, since it was asked for."""
    if missing := missing_of(application):
        raise Refused("incomplete", missing=missing)


def check_panel(application: Application, data: dict[str, Any]) -> None:
    """As many experts as the quorum says have accepted, and one of them is the chair."""
    accepted = [i for i in application.invitations.all() if i.state == InvitationState.ACCEPTED]
    if len(accepted) < application.quorum:
        raise Refused("too_few_experts", needed=application.quorum, accepted=len(accepted))
    if not any(invitation.is_chair for invitation in accepted):
        raise Refused("no_chair")


def check_meeting(application: Application, data: dict[str, Any]) -> None:
    """A meeting was asked for."""
    if not application.wants_meeting:
        raise Refused("no_meeting_wanted")


def signed_experts(application: Application) -> set[Any]:
    """Accounts of those whose signed opinion stands."""
    return {o.expert_id for o in application.opinions.all() if o.signed_at and not o.withdrawn_at}


def waiting_experts(application: Application) -> set[Any]:
    """Accounts of the accepted experts who have not signed an opinion that stands, or were asked to look again."""
    accepted = [i for i in application.invitations.all() if i.state == InvitationState.ACCEPTED]
    signed = signed_experts(application)
    return {i.expert_id for i in accepted if i.expert_id not in signed or i.asked_again_at}


def check_opinions(application: Application, data: dict[str, Any]) -> None:
    """Every expert who accepted has signed."""
    if waiting := waiting_experts(application):
        raise Refused("opinions_missing", waiting=len(waiting))


def check_release(application: Application, invitation: Invitation) -> bool:
    """The expert's opinion is awaited, and the panel goes on without it: somebody else chairs, and of those who read
    there are as many as the quorum says. Whether the expert leaves: an opinion signed before stands, with its author.
    """
    if invitation.expert_id not in waiting_experts(application):
        raise Refused("nothing_awaited")
    if invitation.expert_id in signed_experts(application):
        return False
    if invitation.is_chair:
        raise Refused("chair_first")
    left = sum(1 for i in application.invitations.all() if i.state == InvitationState.ACCEPTED) - 1
    if application.case.state != "assigning" and left < application.quorum:
        raise Refused("too_few_experts", needed=application.quorum, accepted=left)
    return True


def check_not_approved(application: Application, data: dict[str, Any]) -> None:
    """The report is not on its way yet."""
    if any(report.approved_at and not report.signed_at for report in application.reports.all()):
        raise Refused("report_approved")


def waiting_cosigners(application: Application) -> list[Cosignature]:
    """Who was asked to sign the version in work and has not answered."""
    in_work = [report for report in application.reports.all() if not report.signed_at]
    return [one for report in in_work for one in report.cosignatures.all() if one.state == CosigningState.WAITING]


def check_cosigning(application: Application, data: dict[str, Any]) -> None:
    """Somebody who co-signs has not answered: the file is not being made yet."""
    if not waiting_cosigners(application):
        raise Refused("report_approved")


def check_reopening(application: Application, data: dict[str, Any]) -> None:
    """The experts may be asked again: nothing is approved, and they still take part."""
    check_not_approved(application, data)
    if any(report.after_close and not report.signed_at for report in application.reports.all()):
        raise Refused("case_closed")


def check_late_correction(application: Application, data: dict[str, Any]) -> None:
    """The draft in work corrects the report of a case that was closed, and is not approved yet."""
    check_not_approved(application, data)
    if not any(report.after_close and not report.signed_at for report in application.reports.all()):
        raise Refused("nothing_to_correct")


def check_draft(application: Application, data: dict[str, Any]) -> None:
    """All opinions stand, and the draft in work has a conclusion and is not approved yet."""
    check_opinions(application, data)
    check_not_approved(application, data)
    draft = next((report for report in application.reports.all() if not report.signed_at), None)
    if draft is None or not any(p.get("text", "").strip() for p in draft.content.get("conclusion", ())):
        raise Refused("no_conclusion")


def check_correction(application: Application, data: dict[str, Any]) -> None:
    """The draft in work corrects a version that was delivered, and is not approved yet."""
    check_reopening(application, data)
    delivered = [report.signed_at for report in application.reports.all() if report.signed_at]
    if not delivered:
        raise Refused("nothing_to_correct")
    if any(o.withdrawn_at and o.withdrawn_at > max(delivered) for o in application.opinions.all()):
        raise Refused("opinions_changed")


def list_cosigners(application: Application, *, everybody: bool) -> dict[Any, bool]:
    """Who signs the report beside its chair: account → whether it is required. `everybody`: the department's rule;
    others because they wish to."""
    accepted = [i for i in application.invitations.all() if i.state == InvitationState.ACCEPTED and not i.is_chair]
    return {i.expert_id: everybody for i in accepted if everybody or i.wants_cosigning}
