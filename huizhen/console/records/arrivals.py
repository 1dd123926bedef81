"""Studies that hospitals' devices sent and nobody's record holds yet: look, say whose they are, or put them aside."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from huizhen.console.candidates import tell_apart
from huizhen.console.errors import respond
from huizhen.console.records import shown
from huizhen.console.records.finding import read_search
from huizhen.console.records.imaging import CACHE
from huizhen.console.records.patients import may_search
from huizhen.console.shapes import Crumb
from huizhen.kernel import clock
from huizhen.people.accounts.requests import Request
from huizhen.people.organisations.queries import get_full_name
from huizhen.records.imaging.facts import BadImage
from huizhen.records.imaging.rules import PROBLEMS
from huizhen.records.pacs.arrivals import access, actions, queries
from huizhen.records.pacs.arrivals.rules import DOUBTS, Facts, day_in
from huizhen.records.patients.access import access_patient, list_patients
from huizhen.records.patients.queries import SEXES
from huizhen.records.refused import Refused

SIZE = 320


@login_required
@require_GET
def arrivals(request: Request) -> HttpResponse:
    """Studies without a patient, what was not kept, and the devices that may send."""
    places = access.access_arrivals(request.actor)
    aside = "aside" in request.GET
    context = {
        "crumbs": crumbs(), "aside": aside, "rows": [line(one) for one in queries.list_arrivals(places, aside=aside)],
        "turned": [
            {"at": one.last_at, "station": one.station.name, "uid": one.sop_uid, "times": one.times,
             "why": PROBLEMS.get(one.code, PROBLEMS["damaged"])}
            for one in queries.list_turned(places)
        ],
        "stations": queries.list_stations(places),
    }  # fmt: skip
    return render(request, "records/imaging/arrivals.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def arrival(request: Request, arrival_id: UUID) -> HttpResponse:
    """One study: what it says of its person; search for the patient (`q`), assign (`patient`), put aside (`reason`)."""
    found = access.access_arrival(request.actor, arrival_id)
    wrong, rows, text = "", [], request.POST.get("q", "").strip()
    if request.method == "POST":
        try:
            if carried := carry(request, found):
                return carried
        except Refused as refused:
            wrong = " ".join(refused.sentences().values())
        if text:
            if not may_search(request):
                return respond(request, 429)
            rows = [candidate(one) for one in list_patients(request.actor, **read_search(text))]
    context = {
        "crumbs": crumbs(_("Study from a device")), "one": line(found), "wrong": wrong, "q": text, "found": rows,
        "patient": reverse("patient", args=[found.patient_id]) if found.patient_id else "",
    }  # fmt: skip
    return render(request, "records/imaging/arrival.html", context, status=400 if wrong else 200)


def carry(request: Request, found: Any) -> HttpResponse | None:
    """Assign or put aside, as the form asks; None where it only searches. Raises Refused."""
    at = clock.now()
    if "patient" in request.POST:
        patient = access_patient(request.actor, shown.as_uuid(request.POST["patient"]), to="add")
        actions.assign(found, patient, actor=request.actor, at=at)
        messages.success(
            request, _("The images are on their way into the record of %(name)s.") % {"name": patient.name}
        )
        return redirect("patient", patient.id)
    if "reason" in request.POST:
        actions.put_aside(found, request.POST["reason"].strip(), actor=request.actor, at=at)
        messages.success(request, _("Put aside. The images are kept and can still be assigned."))
        return redirect("arrivals")
    return None


@login_required
@require_GET
def sample(request: Request, arrival_id: UUID) -> HttpResponse:
    """The middle image of a study, small."""
    found = access.access_arrival(request.actor, arrival_id)
    try:
        picture = queries.get_sample(found, SIZE)
    except (BadImage, IndexError):
        return HttpResponse(status=422)
    headers = {"Cache-Control": CACHE, "Vary": "Cookie", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(picture.data, content_type=picture.media_type, headers=headers)


def crumbs(*last: str) -> list[Crumb]:
    """The way back."""
    here = Crumb(_("Images from devices"), reverse("arrivals") if last else "")
    return [Crumb(_("Patients"), reverse("patients")), here, *map(Crumb, last)]


def line(one: Any) -> dict[str, Any]:
    """A study in words."""
    facts = Facts.read(one.facts)
    return {
        "href": reverse("arrival", args=[one.id]), "image": reverse("arrival-image", args=[one.id]),
        "name": facts.name.replace("^", " ").strip(), "number": facts.number, "accession": facts.accession,
        "birth": shown.day(day_in(facts.birth_on)), "sex": dict(SEXES).get(facts.sex, ""),
        "about": " ".join(filter(None, [facts.modality, facts.description])),
        "taken": shown.day(day_in(facts.taken_on)),
        "images": one.images, "at": one.last_at, "station": one.station.name,
        "place": get_full_name(one.organisation_id), "doubt": DOUBTS.get(one.doubt, ""), "reason": one.aside_reason,
    }  # fmt: skip


def candidate(patient: Any) -> dict[str, Any]:
    """A patient who was found."""
    about = f"{shown.line_of(patient, clock.now())} · {tell_apart(patient)}"
    return {"id": patient.id, "name": patient.name, "line": f"{about} · {get_full_name(patient.organisation_id)}"}
