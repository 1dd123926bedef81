"""My consents: what I allowed, withdrawn in one tap, given again in one tap."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from huizhen.console.me.own import patients_only
from huizhen.console.records import shown
from huizhen.kernel import clock
from huizhen.people.accounts.requests import Request
from huizhen.records.consent import actions
from huizhen.records.consent.access import access_consent
from huizhen.records.consent.queries import list_consents_of
from huizhen.records.patients.access import access_patient
from huizhen.records.patients.queries import list_patients_of
from huizhen.records.refused import Refused


@patients_only
@require_GET
def consents(request: Request) -> HttpResponse:
    """All of them, the latest first, those in force in front."""
    people = {one.id: one.name for one in list_patients_of(request.actor.patient_ids, first=request.user.pk)}
    at = clock.now()
    found = list_consents_of(list(people))
    rows = [entry(one, at, people) for one in found]
    held = {terms(one) for one, row in zip(found, rows, strict=True) if row["active"]}
    for one, row in zip(found, rows, strict=True):
        row["again"] = row["again"] and terms(one) not in held
    rows.sort(key=lambda row: not row["active"])
    return render(request, "me/consents.html", {"consents": rows})


def terms(one: Any) -> tuple[Any, ...]:
    """For whom, what and which case a consent is: what is in force need not be given again."""
    return one.patient_id, one.purpose, tuple(one.scope), one.account_id, one.organisation_id, one.case_id


def entry(one: Any, at: Any, people: dict[UUID, str]) -> dict[str, Any]:
    """One consent with its addresses, and whose it is where there are several people."""
    return {
        **shown.consent(one, at),
        "patient": people[one.patient_id] if len(people) > 1 else "",
        "withdraw": reverse("me-consent-withdraw", args=[one.id]),
        "give": reverse("me-consent-give", args=[one.id]),
    }


@patients_only
@require_POST
def withdraw(request: Request, consent_id: UUID) -> HttpResponse:
    """One tap, at once."""
    consent = access_consent(request.actor, consent_id, to="withdraw")
    actions.withdraw_consent(consent, actor=request.actor, at=clock.now())
    messages.success(request, _("Withdrawn. Nobody can read by this consent any more."))
    return redirect("me-consents")


@patients_only
@require_POST
def give_again(request: Request, consent_id: UUID) -> HttpResponse:
    """The same consent anew, to its old end: a withdrawn one stays withdrawn."""
    old = access_consent(request.actor, consent_id)
    patient = access_patient(request.actor, old.patient_id, to="consent")
    try:
        actions.give_again(old, patient, actor=request.actor, at=clock.now())
    except Refused as refused:
        messages.error(request, " ".join(refused.sentences().values()))
    else:
        messages.success(request, _("Given again, as before."))
    return redirect("me-consents")
