"""A hospital's picture archive: look for studies, fetch them, send ours, see how far that is."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huizhen.console.records import shown
from huizhen.kernel import clock
from huizhen.people.accounts.requests import Request
from huizhen.records.imaging.access import access_study, list_studies
from huizhen.records.imaging.facts import UID_FORM
from huizhen.records.imaging.rules import TROUBLES as STORE_TROUBLES
from huizhen.records.pacs import actions, queries
from huizhen.records.pacs.access import search_archive
from huizhen.records.pacs.ports import Trouble
from huizhen.records.pacs.rules import SEARCH_TROUBLES, TROUBLES
from huizhen.records.patients.access import access_patient

SAID = {**TROUBLES, **STORE_TROUBLES}


@login_required
@require_http_methods(["GET", "POST"])
def archive(request: Request, patient_id: UUID) -> HttpResponse:
    """Search by the hospital's patient number (`number`); fetch what was found; send a study of ours."""
    patient = access_patient(request.actor, patient_id, to="add")
    places = queries.list_pacs({*patient.places, *(m.organisation_id for m in request.actor.memberships)})
    if request.method == "POST":
        carry(request, patient, chosen(places, request.POST.get("pacs", "")))
        return redirect("archive", patient.id)
    number = request.GET.get("number", "").strip()[:64]
    found, why = [], ""
    if number and places:
        try:
            place = chosen(places, request.GET.get("pacs", ""))
            found = search_archive(request.actor, place, patient, number, at=clock.now())
        except Trouble as trouble:
            why = str(SEARCH_TROUBLES[trouble.code])
    context = {
        "crumbs": shown.crumbs(request.actor, patient, _("Picture archive (PACS)")), "archives": places,
        "number": number, "pacs": request.GET.get("pacs", ""), "found": found, "why": why,
        "transfers": [line(one) for one in queries.list_transfers(patient.person_ids)],
        "studies": [(one.id, one.description or _("Imaging"), shown.day(one.taken_on))
                    for one in list_studies(request.actor, patient)],
    }  # fmt: skip
    page = "records/imaging/_transfers.html" if request.htmx else "records/imaging/archive.html"
    return render(request, page, context)


def carry(request: Request, patient: Any, pacs: Any) -> None:
    """Fetch the study named by `study_uid`, or send the one named by `study`."""
    if uid := request.POST.get("study_uid", ""):
        if len(uid) > 64 or not UID_FORM.fullmatch(uid):
            raise Http404
        actions.want_study(pacs, patient, uid, actor=request.actor, at=clock.now())
        return
    try:
        study = access_study(request.actor, UUID(request.POST.get("study", "")))
    except ValueError:
        raise Http404 from None
    if study.patient_id not in patient.person_ids:
        raise Http404
    actions.send_study(pacs, study, actor=request.actor, at=clock.now())


def chosen(places: list[Any], key: str) -> Any:
    """The archive of a form; the only one where nothing is chosen. Raises Http404."""
    found = [one for one in places if str(one.id) == key] or (places if not key else [])
    if not found:
        raise Http404
    return found[0]


def line(transfer: Any) -> dict[str, Any]:
    """One transfer in words."""
    return {
        "what": transfer.get_direction_display(), "pacs": transfer.pacs.name, "at": transfer.started_at,
        "done": transfer.done, "total": transfer.total, "open": transfer.ended_at is None,
        "failed": transfer.failed, "why": SAID.get(transfer.trouble, ""), "run": transfer.run_id,
    }  # fmt: skip
