"""Patients: find, register, look at, correct, and who stands for them."""

from typing import Any
from uuid import UUID

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huizhen.console.candidates import tell_apart
from huizhen.console.errors import respond
from huizhen.console.records import shown
from huizhen.console.records.finding import read_search
from huizhen.console.records.forms import CorrectForm, RegisterForm
from huizhen.console.records.page import page_of
from huizhen.console.records.said import say
from huizhen.kernel import clock
from huizhen.kernel.access import Actor, NotAllowed
from huizhen.people.accounts.requests import Request
from huizhen.people.organisations.access import may_anywhere
from huizhen.people.organisations.queries import get_full_name, get_names
from huizhen.records.emergency.access import OPEN
from huizhen.records.merging.access import MERGE
from huizhen.records.pacs.arrivals import access as arrivals
from huizhen.records.pacs.arrivals.queries import count_arrivals, list_stations
from huizhen.records.patients import access, actions
from huizhen.records.refused import Refused

# A doctor looks for a few people an hour; whoever tries out numbers is stopped.
SEARCHES = {"patient_search": "30/m/user,300/d/user"}
FIELDS = ("name", "identity_kind", "identity_number", "phone", "sex", "birth_on")


def may_search(request: Request) -> bool:
    """Count a search of this account, and say whether it may be made."""
    return ratelimit.consume(request, app="huizhen.console", action="patient_search", config=SEARCHES) is not None


@login_required
@require_http_methods(["GET", "POST"])
def find(request: Request) -> HttpResponse:
    """Search by whole name, phone or identity number. Posted: none of these belongs into an address."""
    if request.user.kind == "patient":
        return redirect("me")  # the first step of every way back from a record
    access.access_search(request.actor)
    text = request.POST.get("q", "").strip()
    if text and not may_search(request):
        return respond(request, 429)
    found = access.list_patients(request.actor, **read_search(text)) if text else []
    at = clock.now()
    rows = [
        {
            "href": reverse("patient", args=[one.id]),
            "name": one.name,
            "line": f"{shown.line_of(one, at)} · {tell_apart(one)} · {get_full_name(one.organisation_id)}",
        }
        for one in found
    ]
    context = {
        "query": {"q": text},
        "patients": rows,
        "limit": access.MOST_FOUND if len(rows) == access.MOST_FOUND else 0,
        "can_add": bool(access.registering_places(request.actor)),
        "can_break": may_anywhere(request.actor, OPEN),
        "can_merge": may_anywhere(request.actor, MERGE),
        "arrivals": waiting(request.actor),
    }
    return render(request, "records/patients/list.html", context)


def waiting(actor: Actor) -> int | None:
    """How many studies of the hospital's devices wait for their patient; None where no device may send."""
    places = arrivals.reach(actor)
    return count_arrivals(places) if places and list_stations(places) else None


@login_required
@require_http_methods(["GET", "POST"])
def register(request: Request) -> HttpResponse:
    """A new patient; an identity card says birth date and sex by itself."""
    form = RegisterForm(request.POST or None, places=places_of(request.actor))
    if form.is_valid():
        try:
            patient = actions.register_patient(**form.cleaned_data, actor=request.actor, at=clock.now())
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, _("%(name)s is registered.") % {"name": patient.name})
            return redirect("patient", patient.id)
    context = {
        "crumbs": [shown.Crumb(_("Patients"), reverse("patients")), shown.Crumb(_("New patient"))],
        "title": _("New patient"), "form": form, "submit": _("Register"), "back": reverse("patients"),
    }  # fmt: skip
    return render(request, "records/patients/form.html", context, status=400 if form.errors else 200)


def places_of(actor: Actor) -> list[tuple[str, str]]:
    """Where the actor may register patients, as choices. Raises NotVisible and NotAllowed."""
    access.access_search(actor)
    places = access.registering_places(actor)
    if not places:
        raise NotAllowed(access.REGISTER)
    names = get_names(places)
    return [(str(place), names[place]) for place in places]


@login_required
@require_GET
def patient(request: Request, patient_id: UUID) -> HttpResponse:
    """One patient with everything the reader may see."""
    found = access.access_patient(request.actor, patient_id)
    return render(request, "records/patients/patient.html", page_of(request.actor, found))


@login_required
@require_POST
def show(request: Request, patient_id: UUID) -> HttpResponse:
    """The whole identity number and phone, for this one look; the look is on the record."""
    found = access.access_patient(request.actor, patient_id, to="show")
    if request.htmx:
        facts = shown.person(request.actor, found, clock.now(), open_numbers=True)
        return render(request, "records/patients/_numbers.html", {"patient": facts})
    context = page_of(request.actor, found, open_numbers=True)
    return render(request, "records/patients/patient.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def correct(request: Request, patient_id: UUID) -> HttpResponse:
    """Correct a patient's data; what stood there is kept, with the reason."""
    found = access.access_patient(request.actor, patient_id, to="write")
    form = CorrectForm(request.POST or None, initial={field: getattr(found, field) for field in FIELDS})
    open_fields(form, request.actor, found)
    if form.is_valid():
        try:
            save_correction(form, found, request.actor)
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, _("The data are corrected; what stood there before is kept."))
            return redirect("patient", found.id)
    context = {
        "crumbs": shown.crumbs(request.actor, found, _("Correct the data")), "title": _("Correct the data"),
        "form": form,
        "submit": _("Save"), "back": reverse("patient", args=[found.id]),
    }  # fmt: skip
    return render(request, "records/patients/form.html", context, status=400 if form.errors else 200)


def open_fields(form: CorrectForm, actor: Actor, found: Any) -> None:
    """Patients themselves correct their phone; the rest is the hospital's, who saw the document."""
    allowed = actions.correctable(actor, found)
    for field in FIELDS:
        if field not in allowed:
            del form.fields[field]


def save_correction(form: CorrectForm, found: Any, actor: Actor) -> None:
    """Hand over what differs from what stands there. Raises Refused."""
    said = {field: form.cleaned_data[field] for field in FIELDS if field in form.changed_data}
    actions.correct_patient(found, said, reason=form.cleaned_data["reason"], actor=actor, at=clock.now())
