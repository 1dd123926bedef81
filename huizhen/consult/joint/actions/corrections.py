"""Correcting a delivered report: the next version names the one it replaces, and everybody who read that is told."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.actions.cosigning import hold_case
from huizhen.consult.joint.flow import CHAIR
from huizhen.consult.joint.models import Report
from huizhen.consult.joint.queries import get_report, get_report_in_work
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.door import move


@transaction.atomic
def correct_report(actor: Actor, case_id: UUID, *, reason: str, at: datetime) -> Report:
    """Begin the next version with the words of the last one, which stays valid until the new one is signed.

    `reason` is printed on the new version and told to everybody who has the old.

    Raises:
        NotVisible, NotAllowed. And as `move`: no report has been delivered, no reason.
    """
    seen = access_joint(actor, case_id, to=CHAIR)
    hold_case(seen.application)
    move(case_id, "correct_report", actor=actor, at=at, reason=reason)
    before = get_report(seen.application.id)
    assert before is not None, "a delivered case has a signed report"  # noqa: S101
    return Report.objects.create(
        application=seen.application, version=before.version + 1, content=before.content, updated_at=at,
        correction_reason=reason,
    )  # fmt: skip


@transaction.atomic
def drop_correction(actor: Actor, case_id: UUID, *, reason: str, at: datetime) -> None:
    """Leave the delivered report as it stands; readers are told why.

    Raises:
        NotVisible, NotAllowed; Refused `nothing_to_correct`, `report_approved`. And as `move`.
    """
    seen = access_joint(actor, case_id, to=CHAIR)
    hold_case(seen.application)
    move(case_id, "drop_correction", actor=actor, at=at, reason=reason)
    report = get_report_in_work(seen.application.id)
    if report is not None:
        report.delete()
