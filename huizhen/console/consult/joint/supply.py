"""Adding what the centre asked for: better words, documents, images; then the case goes back to the centre."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from huizhen.console.consult.joint import forms, links, material
from huizhen.console.consult.joint.case import crumbs, head
from huizhen.console.consult.joint.next import fits
from huizhen.console.consult.joint.not_now import not_now
from huizhen.console.refusals import REFUSALS, put_into, say_missing, status_of
from huizhen.consult.joint import actions
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.flow import SUPPLY
from huizhen.kernel.clock import now
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.people.accounts.requests import Request
from huizhen.records.documents.access import list_documents
from huizhen.records.imaging.access import list_studies
from huizhen.records.imaging.queries import list_imports


@login_required
def supply(request: Request, case_id: UUID) -> HttpResponse:
    """Show what is missing, take it, and hand the case back once nothing is."""
    seen = access_joint(request.actor, case_id, to=SUPPLY)
    application = seen.application
    if request.method != "POST":
        if not fits(seen, "supply_material"):
            return not_now(request, seen, _("Add material"))
        initial = {"question": application.question, "summary": application.summary}
        return _page(request, seen, forms.Supply(initial=initial))
    form = forms.Supply(request.POST)
    if not form.is_valid():
        return _page(request, seen, form, status=422)
    try:
        taken = material.take(request.actor, application.patient_id, request.POST, at=now())
        if taken.imports or _running(application.patient_id):
            messages.info(request, _("The images are being read in. Send as soon as they appear below."))
            return _page(request, seen, forms.Supply(initial=form.cleaned_data))
        documents = [*taken.documents, *material.keys(request.POST.getlist("have_document"))]
        actions.supply_material(
            request.actor, case_id, at=now(), document_ids=documents,
            study_ids=material.keys(request.POST.getlist("have_study")), **form.cleaned_data,
        )  # fmt: skip
    except REFUSALS as error:
        put_into(form, error)
        return _page(request, seen, form, status=status_of(error))
    messages.success(request, _("Sent. The consultation centre goes on with it."))
    return redirect(links.case(case_id))


def _running(patient_id: UUID) -> list[Any]:
    return [run for run in list_imports(patient_id) if run.ended_at is None]


def _page(request: Request, seen: Seen, form: Any, status: int = 200) -> HttpResponse:
    application = seen.application
    has = {row.document_id or row.study_id for row in application.materials.all()}
    documents = [one for one in list_documents(request.actor, application.patient) if one.id not in has]
    studies = [one for one in list_studies(request.actor, application.patient) if one.id not in has]
    context = {
        "case": head(seen, list_deadlines(application.case_id)), "crumbs": crumbs(seen, _("Add material")),
        "title": _("Add material"), "lead": application.missing_note, "form": form, "submit": _("Send to the centre"),
        "draft": f"supply:{application.case_id}", "extra": "consult/joint/_supply.html", "endpoint": "/api/v1/uploads",
        "wanted": say_missing(application.missing), "running": _running(application.patient_id),
        "have_documents": [(material.to_file(one), True) for one in documents],
        "have_studies": [(one.id, material.study_label(one), True) for one in studies],
    }  # fmt: skip
    return render(request, "consult/joint/act.html", context, status=status)
