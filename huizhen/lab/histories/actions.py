"""A person's own report: asked for, made by a job, fetched. Typesetting takes a processor for a moment, and a whole
city may ask: so no request waits for it, and each is made once."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.kernel import files, outbox
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.lab.histories.models import OwnReport
from huizhen.lab.histories.sheets import Sheet, is_replaced
from huizhen.lab.refused import Refused
from huizhen.lab.results.actions import print_report

ASKED = "lab.histories.report_asked"


def ask_report(sheet: Sheet, *, language: str, actor: Actor, at: datetime) -> OwnReport:
    """Have the report of a tube made, as its results stand now; `sheet` was loaded by `access_sheet`. Asked twice it is
    made once. Emits `lab.histories.report_asked`.

    Raises:
        Refused: `report: withdrawn`: nothing on it stands any more.
    """
    if not sheet.contents:
        raise Refused({"report": "withdrawn"})
    given = {"asked_by_id": actor.account_id, "asked_at": at}
    with transaction.atomic():
        made, is_new = OwnReport.objects.get_or_create(
            tube=sheet.tube, patient_id=sheet.patient_id, language=language, contents=sheet.contents, defaults=given
        )
        if is_new:
            outbox.emit(ASKED, report=str(made.id))
    return made


def make_report(report_id: UUID, *, at: datetime) -> bool:
    """Set the report and keep it sealed; whether it was made now. What was corrected before it could be made is not
    made: whoever looks again asks for the new one. Earlier ones of the tube are forgotten."""
    with transaction.atomic():
        held = OwnReport.objects.select_for_update(skip_locked=True, of=("self",)).filter(id=report_id, made_at=None)
        report = held.select_related("tube__site", "tube__laboratory", "patient").first()
        if report is None or is_replaced(report):
            return False
        printed = print_report(report.tube, report.patient, language=report.language, actor=SYSTEM, at=at)
        name = f"report-{printed.paper.code}.pdf"
        report.file = files.store(name, printed.pdf, actor=SYSTEM, at=at, purpose="report")
        report.paper, report.made_at = printed.paper, at
        report.save(update_fields=["file", "paper", "made_at"])
        earlier = OwnReport.objects.filter(tube=report.tube_id, patient=report.patient_id, file__isnull=False)
        others = [one for one in earlier.exclude(id=report.id) if one.contents != report.contents]
        old = [one.file_id for one in others if one.file_id]
    for file_id in old:
        files.forget(file_id)
    return True
