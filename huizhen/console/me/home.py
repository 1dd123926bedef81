"""A patient's own start page: my consultations, and what happens next."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from huizhen.console.me.own import patients_only
from huizhen.console.records import cases
from huizhen.kernel.flow.queries import Filters, list_worklist
from huizhen.people.accounts.requests import Request
from huizhen.records.patients.queries import list_patients_of


@patients_only
@require_GET
def home(request: Request) -> HttpResponse:
    """Open consultations due first, then the latest ended ones."""
    going = list_worklist(request.actor, "part").cases
    ended = list_worklist(request.actor, "part", Filters(closed=True), limit=5).cases
    context: dict[str, Any] = {
        "name": request.user.name,
        "cases": cases.rows([*going, *ended], request.actor),
        "records": [
            {"href": reverse("patient", args=[one.id]), "name": one.name}
            for one in list_patients_of(request.actor.patient_ids, first=request.user.pk)
        ],
        "next": cases.what_next(going, request.actor),
    }
    return render(request, "me/home.html", context)
