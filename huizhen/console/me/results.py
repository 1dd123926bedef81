"""My results: each with its history, in plain words; new ones come by themselves."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from huizhen.console.frame import lookup_url
from huizhen.console.me import reports
from huizhen.console.me.own import patients_only
from huizhen.console.me.readers import choose
from huizhen.kernel import clock
from huizhen.lab.histories.access import access_histories, access_sheets, access_token
from huizhen.lab.histories.queries import Shown
from huizhen.lab.histories.rules import tone, words
from huizhen.people.accounts.requests import Request
from huizhen.records.patients.queries import list_patients_of


@patients_only
@require_GET
def results(request: Request) -> HttpResponse:
    """One person's results; who stands for several chooses."""
    people = list_patients_of(request.actor.patient_ids, first=request.user.pk)
    chosen = choose(people, request.GET.get("patient", ""))
    at = clock.now()
    found = access_histories(request.actor, chosen, at=at) if chosen else []
    papers = access_sheets(request.actor, chosen, reports.language_of(), at=at) if chosen else []
    sheets = [reports.shown(one) for one in papers]
    context = {
        "patients": [{"id": one.id, "name": one.name} for one in people],
        "chosen": chosen,
        "histories": [
            {"item": one.item, "latest": line(one.latest), "older": [line(shown) for shown in one.shown[1:]]}
            for one in found
        ],
        "known": len([shown for one in found for shown in one.shown]),
        "lookup": lookup_url(request),
        "sheets": sheets,
        "is_making": any(one["making"] for one in sheets),
    }
    return render(request, "me/results.html", context)


def line(shown: Shown) -> dict[str, object]:
    """One result in words."""
    says, todo = words(shown.finding)
    # A badge is no sentence. house: chinese, because this is the mark at the end of one
    return {"shown": shown, "says": says.rstrip(".。"), "todo": todo, "tone": tone(shown.finding)}


@patients_only
@never_cache
@require_GET
def token(request: Request, patient_id: UUID) -> HttpResponse:
    """What the page shows when it asks the look-up whether there is something new."""
    return JsonResponse({"token": access_token(request.actor, patient_id, at=clock.now())})
