"""Signing a report beside its chair: because the department's rule says so, or because an expert wishes to."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint import rules
from huizhen.consult.joint.access import access_own_opinion
from huizhen.consult.joint.cosigning_rules.queries import everybody_signs
from huizhen.consult.joint.flow import COORDINATE, COSIGN
from huizhen.consult.joint.models import (
    Application,
    Cosignature,
    CosigningState,
    Invitation,
    InvitationState,
    Report,
)
from huizhen.consult.joint.queries import get_application, get_report_in_work
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.flow.access import access_case
from huizhen.kernel.flow.acts import end_clock, join, leave
from huizhen.kernel.flow.clocks import personal
from huizhen.kernel.flow.door import move
from huizhen.kernel.flow.language import Refused


@transaction.atomic
def wish_to_cosign(actor: Actor, case_id: UUID, *, wishes: bool) -> None:
    """Say that one's own signature shall stand on the report too, or no longer.

    Raises:
        NotVisible, NotAllowed: no expert of this case. Refused `report_approved`: too late for this version.
    """
    application = access_own_opinion(actor, case_id)
    hold_case(application)
    report = get_report_in_work(application.id)
    if report is not None and report.approved_at:
        raise Refused("report_approved")
    rows = Invitation.objects.filter(
        application=application, expert_id=actor.account_id, state=InvitationState.ACCEPTED
    )
    rows.update(wants_cosigning=wishes)


def ask_cosigners(application: Application, report: Report, *, at: datetime) -> bool:
    """Put an approved report before those who sign it too; false where nobody does. The caller holds the case."""
    asked = rules.list_cosigners(application, everybody=everybody_signs(application.specialty_id))
    Cosignature.objects.bulk_create(
        [Cosignature(report=report, expert_id=expert, required=required) for expert, required in asked.items()]
    )
    for expert_id in asked:
        join(application.case_id, expert_id, "cosigner", actor=SYSTEM, at=at)
    return bool(asked)


@transaction.atomic
def cosign(actor: Actor, case_id: UUID, *, at: datetime) -> None:
    """Sign the approved report beside its chair; the signature is put into the file when the last one has answered.

    Raises:
        NotVisible, NotAllowed; Refused `cosigned`: answered already. And as `move`.
    """
    _answer(actor, case_id, CosigningState.SIGNED, at=at)
    move(case_id, "cosign", actor=actor, at=at)
    end_clock(case_id, personal(actor.account), at=at)


@transaction.atomic
def pass_cosigning(actor: Actor, case_id: UUID, *, at: datetime) -> None:
    """Leave the signing to the others; only who had wished to may, not who must.

    Raises:
        NotVisible, NotAllowed; Refused `cosigned`, `must_cosign`. And as `move`.
    """
    _answer(actor, case_id, CosigningState.PASSED, at=at)
    move(case_id, "pass_cosigning", actor=actor, at=at)
    end_clock(case_id, personal(actor.account), at=at)


@transaction.atomic
def release_cosigner(actor: Actor, case_id: UUID, expert_id: UUID, *, reason: str, at: datetime) -> None:
    """Let the report go out without the signature of an expert who cannot sign, whatever the department's rule; the
    reason stands in the time line.

    Raises:
        NotVisible, NotAllowed; Refused `cosigned`: answered already, or nobody asked. And as `move`.
    """
    access_case(actor, case_id, to=COORDINATE)
    asked = _hold_asked(case_id, expert_id)
    asked.required = False
    _keep(asked, CosigningState.PASSED, at)
    move(case_id, "release_cosigner", actor=actor, at=at, reason=reason, data={"cosigner": str(expert_id)})
    leave(case_id, expert_id, "cosigner", actor=actor, at=at)


@transaction.atomic
def object_report(actor: Actor, case_id: UUID, *, reason: str, at: datetime) -> None:
    """Send the report back to the chair's desk, with the reason why one cannot sign it.

    Raises:
        NotVisible, NotAllowed. And as `move`.
    """
    _reopen(actor, case_id, "object_report", reason, at)


@transaction.atomic
def recall_report(actor: Actor, case_id: UUID, *, reason: str, at: datetime) -> None:
    """The chair takes the report back before all have signed.

    Raises:
        NotVisible, NotAllowed. And as `move`.
    """
    _reopen(actor, case_id, "recall_report", reason, at)


def hold_case(application: Application) -> None:
    """Lock the case, first of all, as everywhere."""
    Application.objects.select_for_update(of=("case",)).select_related("case").get(id=application.id)


def _answer(actor: Actor, case_id: UUID, answer: str, *, at: datetime) -> None:
    access_case(actor, case_id, to=COSIGN)
    asked = _hold_asked(case_id, actor.account)
    if asked.required and answer == CosigningState.PASSED:
        raise Refused("must_cosign")
    _keep(asked, answer, at)


def _hold_asked(case_id: UUID, expert_id: UUID) -> Cosignature:
    """Lock the case, then what one expert was asked and has not answered."""
    application = get_application(case_id)
    hold_case(application)
    row = Cosignature.objects.filter(report__application=application, report__signed_at=None, expert_id=expert_id)
    asked = row.select_for_update(of=("self",)).first()
    if asked is None or asked.state != CosigningState.WAITING:
        raise Refused("cosigned")
    return asked


def _keep(asked: Cosignature, answer: str, at: datetime) -> None:
    asked.state, asked.answered_at = answer, at
    asked.save(update_fields=["state", "answered_at", "required"])


def _reopen(actor: Actor, case_id: UUID, name: str, reason: str, at: datetime) -> None:
    access_case(actor, case_id)
    application = get_application(case_id)
    hold_case(application)
    move(case_id, name, actor=actor, at=at, reason=reason)
    void_signatures(application, at=at)


def void_signatures(application: Application, *, at: datetime) -> None:
    """The report is on a chair's desk again: what was signed of this version holds no longer, nobody co-signs it. The
    caller has moved the case."""
    case_id, report = application.case_id, get_report_in_work(application.id)
    assert report is not None, "a report that waits for signatures is in work"  # noqa: S101
    for asked in report.cosignatures.all():
        leave(case_id, asked.expert_id, "cosigner", actor=SYSTEM, at=at)
    report.cosignatures.all().delete()
    report.approved_by = report.approved_at = None
    report.save(update_fields=["approved_by", "approved_at"])
