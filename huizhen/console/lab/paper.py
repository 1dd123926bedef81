"""Reports on paper, and the page that tells whether one is genuine and current."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from huizhen.console.refusals import say
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.lab.refused import Refused
from huizhen.lab.results import access, actions, queries
from huizhen.lab.specimens.queries import list_persons
from huizhen.people.accounts.requests import Request


@login_required
@require_GET
def report(request: Request, barcode: str, patient_id: UUID) -> HttpResponse:
    """The report of one person in the tube, in the reader's language.

    Raises:
        NotVisible: nobody of this key is in it.
    """
    tube = access.access_tube(request.actor, barcode)
    patient = next((one.patient for one in list_persons([tube.id]) if one.patient_id == patient_id), None)
    if patient is None:
        raise NotVisible(patient_id)
    language = get_language() or "zh-hans"
    try:
        printed = actions.print_report(tube, patient, language=language, actor=request.actor, at=clock.now())
    except Refused as error:
        messages.warning(request, say(error))
        return redirect("lab-tube", barcode)
    headers = {"Content-Disposition": f'attachment; filename="report-{printed.paper.code}.pdf"'}
    return HttpResponse(printed.pdf, content_type="application/pdf", headers=headers)


@require_GET
def verify(request: Request, code: str) -> HttpResponse:
    """Whether a paper is genuine, and whether it still stands. Says nothing about the person or the result."""
    paper = queries.get_paper(code.upper())
    context = {"code": code.upper()[:20], "paper": paper, "current": paper and queries.is_current(paper.contents)}
    return render(request, "lab/bench/verify.html", context, status=200 if paper else 404)
