"""Consents: listed, and withdrawn in one tap."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, Moment, Out
from huizhen.kernel import clock
from huizhen.people.accounts.requests import actor_of
from huizhen.records.consent.access import access_consent
from huizhen.records.consent.actions import withdraw_consent as withdraw
from huizhen.records.consent.queries import list_consents_of
from huizhen.records.patients.access import access_patient

router = Router()


class ConsentOut(Out):
    """Who may read what, for what, until when. Without account and organisation: everybody on the case."""

    id: AnyId
    scope: list[Literal["summary", "documents", "imaging", "contact"]]
    purpose: Literal["consultation", "treatment", "transfer"]
    account_id: UUID | None
    organisation_id: UUID | None
    case_id: UUID | None
    evidence: Literal["paper", "in_app", "guardian"]
    given_at: Moment
    until: Moment
    withdrawn_at: Moment | None


@reads(router, "/patients/{uuid:patient_id}/consents", list[ConsentOut])
def list_patient_consents(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """List all consents of a patient, the withdrawn and ended ones too."""
    patient = access_patient(actor_of(request), patient_id, to="consent")
    return answer([_show(consent) for consent in list_consents_of(patient.person_ids)])


@writes(router, "POST", "/consents/{uuid:consent_id}/withdrawal", ConsentOut)
def withdraw_consent(request: HttpRequest, consent_id: UUID) -> HttpResponse:
    """Withdraw a consent: from the next request on nothing is open by it."""
    consent = access_consent(actor_of(request), consent_id, to="withdraw")
    return answer(_show(withdraw(consent, actor=actor_of(request), at=clock.now())))


def _show(consent: Any) -> dict[str, Any]:
    return {name: getattr(consent, name) for name in ConsentOut.model_fields}
