"""My reports on paper: asked for, made by a job, fetched."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from huizhen.console.me.own import patients_only
from huizhen.console.refusals import say
from huizhen.kernel import clock, files
from huizhen.lab.histories import access, actions, sheets
from huizhen.lab.refused import Refused
from huizhen.people.accounts.requests import Request


def language_of() -> str:
    """The language in which reports are set: the reader's."""
    return "en" if (get_language() or "").startswith("en") else "zh-hans"


def shown(one: sheets.Sheet) -> dict[str, Any]:
    """A tube's report and how it stands: to ask for, being made, ready."""
    report = one.report
    ready = report is not None and report.made_at is not None
    return {"sheet": one, "ready": ready, "making": report is not None and not ready}


@patients_only
@require_POST
def ask(request: Request, patient_id: UUID, tube_id: UUID) -> HttpResponse:
    """Have a report made; the page shows when it is there."""
    at, language = clock.now(), language_of()
    sheet = access.access_sheet(request.actor, patient_id, tube_id, language, at=at)
    try:
        actions.ask_report(sheet, language=language, actor=request.actor, at=at)
    except Refused as error:
        messages.warning(request, say(error))
    return redirect(f"{reverse('me-results')}?patient={patient_id}#reports")


@patients_only
@require_GET
def fetch(request: Request, own_report_id: UUID) -> HttpResponse | FileResponse:
    """The report as PDF. One that was corrected since is not given out any more: the new one is."""
    report = access.access_report(request.actor, own_report_id, at=clock.now())
    if report.file is None or sheets.is_replaced(report):
        messages.warning(request, _("This report was replaced, or is not ready yet. Here is how it stands now."))
        return redirect(f"{reverse('me-results')}?patient={report.patient_id}#reports")
    headers = files.headers_for_download(report.file) | {"Content-Type": "application/pdf"}  # we made it ourselves
    return FileResponse(files.open_file(report.file), headers=headers)
