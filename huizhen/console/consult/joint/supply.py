"""Adding what the centre asked for: better words, documents, images; then the case goes back to the centre."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from huizhen.console.consult.joint import forms, links, material
from huizhen.console.consult.joint.brought import Ticks, sort_runs
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
from huizhen.records.imaging.access import list_imports, list_studies
from huizhen.records.imaging.queries import list_study_ids


@login_required
def supply(request: Request, case_id: UUID) -> HttpResponse:
    """Show what is missing, take it, and hand the case back once nothing is. While images are being read in, the page
    asks for its `part` by itself and says which boxes are ticked by now."""
    seen = access_joint(request.actor, case_id, to=SUPPLY)
    application = seen.application
    if request.method == "POST":
        return _take(request, seen, forms.Supply(request.POST), Ticks.read(request.POST))
    if not fits(seen, "supply_material"):
        return not_now(request, seen, _("Add material"))
    if request.GET.get("part") == "have":
        return render(request, "consult/joint/_supply_have.html", Offered(seen, Ticks.read(request.GET)).context())
    initial = {"question": application.question, "summary": application.summary}
    return _page(request, seen, forms.Supply(initial=initial), Ticks())


def _take(request: Request, seen: Seen, form: Any, ticks: Ticks) -> HttpResponse:
    """What was uploaded goes into the record whatever becomes of the words; nothing is sent while images come in."""
    complete, application = form.is_valid(), seen.application
    try:
        material.take(request.actor, application.patient_id, request.POST, at=now())
        if not complete:
            return _page(request, seen, form, ticks, status=422)
        offered = Offered(seen, ticks)
        if offered.runs["running"]:
            return _page(request, seen, forms.Supply(initial=form.cleaned_data), ticks, arrived=True)
        actions.supply_material(
            request.actor, application.case_id, at=now(),
            document_ids=[one.id for one, chosen in offered.documents if chosen],
            study_ids=[one.id for one, chosen in offered.studies if chosen], **form.cleaned_data,
        )  # fmt: skip
    except REFUSALS as error:
        put_into(form, error)
        return _page(request, seen, form, ticks, status=status_of(error))
    messages.success(request, _("Sent. The consultation centre goes on with it."))
    return redirect(links.case(application.case_id))


class Offered:
    """What lies in the record and is not with the case yet, each with its tick. Only what the reader has uploaded since
    the centre asked is ticked without having been chosen: the rest of the record is nobody's answer."""

    def __init__(self, seen: Seen, ticks: Ticks) -> None:
        self.seen, actor, patient = seen, seen.actor, seen.application.patient
        since = seen.application.case.state_since
        has = {row.document_id or row.study_id for row in seen.application.materials.all()}
        runs = list_imports(actor, patient, since=since)
        brought = set(list_study_ids(run.id for run in runs)) if runs else set()
        self.runs = sort_runs(runs)
        self.documents = [
            (one, ticks.has(one.id, brought=one.uploaded_by_id == actor.account_id and one.uploaded_at >= since))
            for one in list_documents(actor, patient) if one.id not in has
        ]  # fmt: skip
        self.studies = [
            (one, ticks.has(one.id, brought=one.id in brought))
            for one in list_studies(actor, patient) if one.id not in has
        ]  # fmt: skip

    def context(self) -> dict[str, Any]:
        """As the page shows it."""
        return {
            "case": {"href": links.case(self.seen.application.case_id)},
            "have_documents": [(material.to_file(one), chosen) for one, chosen in self.documents],
            "have_studies": [(one.id, material.study_label(one), chosen) for one, chosen in self.studies],
            **self.runs,
        }


def _page(
    request: Request, seen: Seen, form: Any, ticks: Ticks, *, status: int = 200, arrived: bool = False
) -> HttpResponse:
    application = seen.application
    context = {
        **Offered(seen, ticks).context(),
        "case": head(seen, list_deadlines(application.case_id)), "crumbs": crumbs(seen, _("Add material")),
        "title": _("Add material"), "lead": application.missing_note, "form": form, "submit": _("Send to the centre"),
        "draft": f"supply:{application.case_id}", "extra": "consult/joint/_supply.html", "endpoint": "/api/v1/uploads",
        "wanted": say_missing(application.missing), "arrived": arrived,
    }  # fmt: skip
    return render(request, "consult/joint/act.html", context, status=status)
