"""Who read my record: every opening, with name, place and reason."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huizhen.console.me.own import patients_only
from huizhen.console.shapes import Person
from huizhen.consult.referrals.flow import REFERRAL
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.flow.queries import get_numbers
from huizhen.people.accounts.requests import Request
from huizhen.records.patients.queries import list_patients_of
from huizhen.records.patients.readers import Reader, list_readers

PAGE = 200
# A page that stays open reads its parts anew with every change: for the patient that is one look.
ONE_LOOK = timedelta(minutes=10)


@patients_only
@require_GET
def readers(request: Request) -> HttpResponse:
    """One patient's list; who stands for several chooses."""
    people = list_patients_of(request.actor.patient_ids, first=request.user.pk)
    chosen = choose(people, request.GET.get("patient", ""))
    after = int(request.GET["after"]) if request.GET.get("after", "").isdecimal() else None
    found = list_readers(request.actor, chosen, after=after, limit=PAGE + 1) if chosen else []
    shown = found[:PAGE]
    here = f"{reverse('me-access')}?patient={chosen}"
    context = {
        "patients": [{"id": one.id, "name": one.name} for one in people],
        "chosen": chosen,
        "reads": lines(looks(shown), request.actor),
        "first": here if after else "",
        "next": f"{here}&after={shown[-1].number}" if len(found) > PAGE else "",
    }
    return render(request, "me/access.html", context)


def choose(people: list[Any], text: str) -> UUID | None:
    """The patient asked for, else the first; somebody else's id is not there."""
    if not text:
        return people[0].id if people else None
    for one in people:
        if str(one.id) == text:
            return one.id
    raise Http404


def looks(found: list[Reader]) -> list[Reader]:
    """Latest first, each look once: the same person doing the same within ten minutes of the time before."""
    kept, before = [], dict[tuple[Any, ...], datetime]()
    for one in found:
        key = (one.name, one.organisation, one.did, one.case_id)
        if key not in before or before[key] - one.at > ONE_LOOK:
            kept.append(one)
        before[key] = one.at
    return kept


def lines(found: list[Reader], actor: Actor) -> list[dict[str, Any]]:
    """The list in words. What belongs to a consultation names its number."""
    numbers = get_numbers({one.case_id for one in found if one.case_id})
    return [
        {
            "at": one.at,
            "who": who(one),
            "what": one.did,
            "why": why(one, numbers),
            "own": one.own,
        }
        for one in found
    ]


def why(one: Reader, numbers: dict[UUID, str]) -> str:
    """The reason that the doctor gave, or the consultation it was for."""
    if one.reason:
        return _("Reason given: %(reason)s") % {"reason": one.reason}
    number = numbers.get(one.case_id, "") if one.case_id else ""
    sentence = _("Referral %(number)s") if number.startswith(REFERRAL.letter) else _("Consultation %(number)s")
    return sentence % {"number": number} if number else ""


def who(one: Reader) -> Person:
    """Who it was; our own jobs have no name of a person."""
    name = _("the system") if one.name in ("", SYSTEM.name) else one.name
    return Person(name, _("You or your family") if one.own else one.organisation)
