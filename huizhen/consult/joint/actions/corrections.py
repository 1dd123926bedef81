"""Correcting a delivered report, also after the case has ended: the next version names the one it replaces."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint.access import access_correctable, access_joint
from huizhen.consult.joint.actions.cosigning import hold_case
from huizhen.consult.joint.flow import CHAIR
from huizhen.consult.joint.models import Application, Report
from huizhen.consult.joint.queries import get_report, get_report_in_work
from huizhen.consult.joint.questions.actions import take_up
from huizhen.kernel.access import SYSTEM, Actor, NotVisible
from huizhen.kernel.flow.acts import join
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
    return _begin(seen.application, reason, at)


@transaction.atomic
def correct_closed(actor: Actor, case_id: UUID, *, reason: str, at: datetime) -> Report:
    """Open a case that has ended, to correct its report: for its chair, or, while the chair is away, for the head of
    the chair's department. Only who corrects it takes part again; when the new version is signed, or the correction
    dropped, the case ends again and that access with it. There is no last day: the law keeps reports for decades.

    Raises:
        NotVisible: not theirs to correct. And as `move`: it is not closed, no reason.
    """
    application = access_correctable(actor, case_id, at=at)
    hold_case(application)
    join(case_id, actor.account, "chair", actor=SYSTEM, at=at)
    move(case_id, "correct_closed", actor=actor, at=at, reason=reason)
    return _begin(application, reason, at, after_close=True)


def _begin(application: Application, reason: str, at: datetime, *, after_close: bool = False) -> Report:
    before = get_report(application.id)
    if before is None:
        raise NotVisible(application.case_id)  # nothing was signed that could be corrected
    return Report.objects.create(
        application=application, version=before.version + 1, content=before.content, updated_at=at,
        correction_reason=reason, after_close=after_close,
    )  # fmt: skip


@transaction.atomic
def drop_correction(actor: Actor, case_id: UUID, *, reason: str, at: datetime) -> None:
    """Leave the delivered report as it stands; readers are told why. A question still open is taken up again.

    Raises:
        NotVisible, NotAllowed; Refused `nothing_to_correct`, `report_approved`. And as `move`.
    """
    seen = access_joint(actor, case_id, to=CHAIR)
    hold_case(seen.application)
    report = get_report_in_work(seen.application.id)
    late = report is not None and report.after_close
    move(case_id, "drop_late" if late else "drop_correction", actor=actor, at=at, reason=reason)
    if report is not None:
        report.delete()
    if not late:
        take_up(seen.application, at=at)
