"""Emergency access: opened with a reason by a doctor, listed, and judged by somebody else."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from huizhen.console.deadlines import to_due
from huizhen.console.errors import respond
from huizhen.console.records import shown
from huizhen.console.records.forms import EmergencyForm, VerdictForm
from huizhen.console.records.said import say
from huizhen.console.refusals import REFUSALS, put_into
from huizhen.console.shapes import Badge, Crumb
from huizhen.kernel import clock, limits
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.queries import list_state_clocks
from huizhen.people.accounts.requests import Request, address_of
from huizhen.people.organisations.access import may_anywhere
from huizhen.people.organisations.queries import get_full_name
from huizhen.records.emergency import access, actions, queries
from huizhen.records.emergency.flow import EMERGENCY, JUDGE
from huizhen.records.patients.readers import SENTENCES
from huizhen.records.refused import Refused


@login_required
@require_GET
def emergencies(request: Request) -> HttpResponse:
    """What waits for a verdict and what was judged, for reviewers; what they opened, for doctors."""
    reviews = may_anywhere(request.actor, access.LIST)
    doctor = may_anywhere(request.actor, access.OPEN)
    places = access.access_reviews(request.actor) if reviews or not doctor else []
    waiting = queries.list_of_places(places)
    context = {
        "crumbs": [Crumb(_("Patients"), reverse("patients")), Crumb(_("Emergency access"))] if doctor else [],
        "reviews": reviews, "can_open": doctor, "waiting": rows(waiting),
        "judged": rows(queries.list_of_places(places, judged=True)),
        "own": rows(queries.list_own(request.user.pk)) if doctor else [],
    }  # fmt: skip
    return render(request, "records/emergency/list.html", context)


def rows(found: list[Any]) -> list[dict[str, Any]]:
    """Openings as rows: the patient's name stays out of the list, the number is what one speaks of."""
    clocks = list_state_clocks(one.case_id for one in found)
    return [
        {
            "href": reverse("emergency", args=[one.case_id]), "number": one.case.number, "doctor": one.account.name,
            "home": get_full_name(one.account.home_id) if one.account.home_id else "", "at": one.opened_at,
            "state": badge(one),
            "due": to_due(clocks[one.case_id], EMERGENCY) if one.case_id in clocks else None,
        }
        for one in found
    ]  # fmt: skip


def badge(found: Any) -> Badge:
    """Where the review stands, in words."""
    return Badge(EMERGENCY.state(found.case.state).label, "ended" if found.case.closed_at else "waiting")


@login_required
@require_http_methods(["GET", "POST"])
def opening(request: Request) -> HttpResponse:
    """The patient in front of a doctor, by name and one whole number; and why it cannot wait."""
    access.check_doctor(request.actor)
    form = EmergencyForm(request.POST or None)
    if form.is_valid():
        try:
            found = open_one(request, form)
        except limits.TooMany:
            return respond(request, 429)
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, _("The record is open to you until the time shown. The patient has been told."))
            return redirect("patient", found.patient_id)
    hours = settings.EMERGENCY_HOURS
    context = {
        "crumbs": [Crumb(_("Patients"), reverse("patients")), Crumb(_("Emergency access"), reverse("emergencies")),
                   Crumb(_("Open a record"))],
        "form": form, "back": reverse("emergencies"),
        "hours": ngettext("%(n)g hour", "%(n)g hours", round(hours) or 1) % {"n": hours},
    }  # fmt: skip
    return render(request, "records/emergency/new.html", context, status=400 if form.errors else 200)


def open_one(request: Request, form: EmergencyForm) -> Any:
    """Count the try, then open. Raises TooMany, Refused."""
    most = settings.EMERGENCY_PER_DAY
    limit = limits.Limit("emergency access", account=most, address=most * 20, seconds=86_400)
    limits.count(limit, account=str(request.user.pk), address=address_of(request), at=clock.now())
    said = form.cleaned_data
    return actions.open_emergency(
        name=said["name"], number=said["number"], reason=said["reason"], actor=request.actor, at=clock.now()
    )


@login_required
@require_http_methods(["GET", "POST"])
def emergency(request: Request, emergency_id: UUID) -> HttpResponse:
    """One opening: who, why, what was read under it; and the verdict."""
    sent = request.method == "POST"
    found = access.access_emergency(request.actor, emergency_id, to=JUDGE if sent else "")
    form = VerdictForm(request.POST or None)
    if form.is_valid():
        try:
            said = form.cleaned_data
            actions.judge(found, said["verdict"], reason=said["reason"], actor=request.actor, at=clock.now())
        except REFUSALS as refused:
            put_into(form, refused)
        else:
            messages.success(request, _("The verdict is kept, and the doctor is told."))
            return redirect("emergencies")
    running = list_state_clocks([emergency_id]).get(emergency_id)
    context = {
        "crumbs": [Crumb(_("Emergency access"), reverse("emergencies")), Crumb(found.case.number)],
        "found": found, "form": form, "state": badge(found), "due": to_due(running, EMERGENCY) if running else None,
        "doctor_home": get_full_name(found.account.home_id) if found.account.home_id else "",
        "patient_home": get_full_name(found.patient.organisation_id),
        "may_judge": may_judge(request.actor, found), "looks": looks_of(found), "over": found.until <= clock.now(),
        "patient": shown.line_of(found.patient, clock.now()),
    }  # fmt: skip
    return render(request, "records/emergency/page.html", context, status=400 if form.errors else 200)


def may_judge(actor: Actor, found: Any) -> bool:
    """Whether the form is offered: still open, and opened by somebody else."""
    return not found.verdict and found.account_id != actor.account_id and may_anywhere(actor, JUDGE)


def looks_of(found: Any) -> list[dict[str, Any]]:
    """What was read under this opening, in words."""
    return [{"at": one.at, "did": str(SENTENCES.get(one.action, one.action))} for one in queries.list_looks(found)]
