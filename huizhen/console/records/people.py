"""A patient's own log-in, guardians, and consents withdrawn at the desk."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from huizhen.console.records import shown
from huizhen.console.records.forms import GuardianForm, OwnLogInForm
from huizhen.console.records.said import say
from huizhen.kernel import clock
from huizhen.kernel.access import NotAllowed
from huizhen.people.accounts.queries import get_patient_by_phone
from huizhen.people.accounts.requests import Request
from huizhen.records.consent.access import access_consent
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.patients import access, actions
from huizhen.records.patients.rules import plain_phone
from huizhen.records.refused import Refused


@login_required
@require_http_methods(["GET", "POST"])
def give_log_in(request: Request, patient_id: UUID) -> HttpResponse:
    """Let a patient in by their own phone: who logs in with it reads the record from now on."""
    found = for_the_desk(request, patient_id)
    form = OwnLogInForm(request.POST or None)
    if form.is_valid() and (account := own_account_of(form, found)) is not None:
        try:
            actions.link_account(found, account.pk, actor=request.actor, at=clock.now())
        except Refused as refused:
            say(form, refused, {"account": "phone"})
        else:
            messages.success(request, _("The patient now reads record and consultations with this phone."))
            return redirect("patient", found.id)
    return ask(request, found, form, _("Own log-in"), _("Let the patient in"))


@login_required
@require_POST
def end_log_in(request: Request, patient_id: UUID) -> HttpResponse:
    """From now on nobody reads this record as the patient."""
    found = for_the_desk(request, patient_id)
    actions.unlink_account(found, actor=request.actor, at=clock.now())
    messages.success(request, _("Nobody reads this record as the patient any more."))
    return redirect("patient", found.id)


def for_the_desk(request: Request, patient_id: UUID) -> Any:
    """The patient, for staff of the hospital who see to log-ins and guardians; not for the patient. Raises NotVisible,
    NotAllowed."""
    found = access.access_patient(request.actor, patient_id, to="guardians")
    if not access.may_there(request.actor, found, access.GUARDIANS):
        raise NotAllowed(access.GUARDIANS)
    return found


def own_account_of(form: OwnLogInForm, patient: Any) -> Any:
    """The account behind the patient's phone. Where the record holds a number it must be this one: a slip of the
    finger would open the record to a stranger."""
    typed = plain_phone(form.cleaned_data["phone"])
    if typed and patient.phone and typed != patient.phone:
        form.add_error("phone", _("The record holds another number. Correct it there first, with the patient."))
        return None
    return account_of(form, _("Nobody logs in with this number yet. Ask the patient to log in once by phone code."))


@login_required
@require_http_methods(["GET", "POST"])
def add_guardian(request: Request, patient_id: UUID) -> HttpResponse:
    """Let somebody act for a patient: the person stands there, and logs in with this phone."""
    found = access.access_patient(request.actor, patient_id, to="guardians")
    form = GuardianForm(request.POST or None)
    unknown = _("Nobody logs in with this number yet. Ask the guardian to log in once by phone code.")
    if form.is_valid() and (account := account_of(form, unknown)) is not None:
        relation, name = form.cleaned_data["relation"], form.cleaned_data["name"]
        try:
            actions.add_guardian(found, account.pk, relation, actor=request.actor, at=clock.now(), name=name)
        except Refused as refused:
            say(form, refused, {"account": "phone"})
        else:
            messages.success(request, _("%(name)s may now act for the patient.") % {"name": account.name or name})
            return redirect("patient", found.id)
    return ask(request, found, form, _("Add a guardian"), _("Add"))


def ask(request: Request, patient: Any, form: OwnLogInForm | GuardianForm, title: str, submit: str) -> HttpResponse:
    """The page with the form, what is wrong with it beside the fields."""
    context = {
        "crumbs": shown.crumbs(request.actor, patient, title), "title": title, "form": form, "submit": submit,
        "back": reverse("patient", args=[patient.id]),
    }  # fmt: skip
    return render(request, "records/patients/form.html", context, status=400 if form.errors else 200)


def account_of(form: OwnLogInForm | GuardianForm, unknown: str) -> Any:
    """The account behind the phone, or None with the sentence beside the field; `unknown`: nobody has logged in."""
    phone = plain_phone(form.cleaned_data["phone"])
    account = get_patient_by_phone(phone) if phone else None
    if not phone:
        say(form, Refused({"phone": "phone_shape"}))
    elif account is None:
        form.add_error("phone", unknown)
    return account


@login_required
@require_POST
def end_guardian(request: Request, patient_id: UUID, account_id: UUID) -> HttpResponse:
    """From now on this person does not act for the patient."""
    found = access.access_patient(request.actor, patient_id, to="guardians")
    actions.end_guardian(found, account_id, actor=request.actor, at=clock.now())
    messages.success(request, _("This person no longer acts for the patient."))
    return redirect("patient", found.id)


@login_required
@require_POST
def withdraw(request: Request, consent_id: UUID) -> HttpResponse:
    """Withdraw a consent at the desk, as the patient asks."""
    consent = access_consent(request.actor, consent_id, to="withdraw")
    withdraw_consent(consent, actor=request.actor, at=clock.now())
    messages.success(request, _("The consent is withdrawn. It opens nothing from this moment."))
    return redirect("patient", consent.patient_id)
