"""Acts on a referral that are a button, or one short form: each address is one act, and each act one line here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from huizhen.console.consult.joint.material import keys
from huizhen.console.consult.referrals import forms, links
from huizhen.console.consult.referrals.page import crumbs, head
from huizhen.console.refusals import REFUSALS, put_into, say, status_of
from huizhen.consult.referrals import actions
from huizhen.consult.referrals.access import access_referral
from huizhen.consult.referrals.flow import RECEIVE, REFERRAL, WITHDRAW, WRITE
from huizhen.consult.referrals.queries import list_doctors
from huizhen.kernel.access import NotAllowed
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request
from huizhen.people.organisations.queries import get_full_name

DONE = gettext_lazy("Done. Everybody concerned is told.")


@dataclass(frozen=True)
class Asked:
    """An act with a form: its words, the state it fits, its form, and the one action it leads to."""

    title: Any
    lead: Any
    submit: Any
    move: str
    form: type[Form]
    do: Callable[[Any, UUID, dict[str, Any]], Any]
    given: Callable[[Any], dict[str, Any]] = lambda referral: {}


FORMS: dict[str, Asked] = {
    "accept": Asked(
        gettext_lazy("Accept with an appointment"),
        gettext_lazy("The doctor, the patient and the family are told when and where to come."),
        gettext_lazy("Accept the patient"), "accept", forms.Appointment,
        lambda actor, case_id, data: actions.accept(actor, case_id, **data, at=now()),
    ),
    "doctor": Asked(
        gettext_lazy("Name the doctor who sees the patient"),
        gettext_lazy("The doctor reads letter and material from now on, for as long as the referral lasts. Each "
                     "reading is shown to the patient."),
        gettext_lazy("Name and tell"), "name_doctor", forms.Doctor,
        lambda actor, case_id, data: actions.name_doctor(actor, case_id, doctor_id=UUID(data["doctor"]), at=now()),
        lambda referral: {"choices": [(str(one.account_id), f"{one.name} · {get_full_name(one.organisation_id)}")
                                      for one in list_doctors(referral)]},
    ),
    "reschedule": Asked(
        gettext_lazy("Change the appointment"), gettext_lazy("Everybody is told the new time, and the reason."),
        gettext_lazy("Change and tell"), "reschedule", forms.Reschedule,
        lambda actor, case_id, data: actions.reschedule(actor, case_id, **data, at=now()),
    ),
    "refuse": Asked(
        gettext_lazy("Refuse"), gettext_lazy("The reason is told. Letter and material close for your hospital."),
        gettext_lazy("Refuse and tell"), "refuse", forms.Reason,
        lambda actor, case_id, data: actions.refuse(actor, case_id, **data, at=now()),
    ),
    "absence": Asked(
        gettext_lazy("The patient did not come"),
        gettext_lazy("This ends the referral; the doctor is told and can begin another one."),
        gettext_lazy("End the referral"), "record_absence", forms.Reason,
        lambda actor, case_id, data: actions.record_absence(actor, case_id, **data, at=now()),
    ),
    "answer": Asked(
        gettext_lazy("Write back"),
        gettext_lazy("It ends the referral. The referring doctor, the patient and the experts are told."),
        gettext_lazy("Send the answer"), "report_back", forms.Answer,
        lambda actor, case_id, data: actions.report_back(
            actor, case_id, course=data["course"], words=data["words"], at=now(),
            diagnosis_held={"yes": True, "no": False}.get(data["diagnosis_held"]),
        ),
    ),
}  # fmt: skip
BUTTONS: dict[str, tuple[str, Callable[[Any, UUID], Any], Any]] = {
    "arrive": (
        RECEIVE, lambda actor, case_id: actions.record_arrival(actor, case_id, at=now()),
        gettext_lazy("Noted: the patient has come. Everybody is told."),
    ),
    "withdraw": (
        WITHDRAW, lambda actor, case_id: actions.withdraw(actor, case_id, at=now()),
        gettext_lazy("The referral is withdrawn; everybody is told."),
    ),
    "agree": (
        "", lambda actor, case_id: actions.agree(actor, case_id, at=now()),
        gettext_lazy("Thank you. Your doctor is told, and sends the letter."),
    ),
}  # fmt: skip


@login_required
@require_POST
def press(request: Request, referral_id: UUID, name: str) -> HttpResponse:
    """Do what needs no words. A refusal is said on the referral's page."""
    may, do, said = BUTTONS[name]
    access_referral(request.actor, referral_id, to=may)
    try:
        do(request.actor, referral_id)
        messages.success(request, said)
    except REFUSALS as error:
        messages.error(request, say(error))
    return redirect(links.referral(referral_id))


@login_required
def fill(request: Request, referral_id: UUID, name: str) -> HttpResponse:
    """Show the form of an act, or carry it out. Refused, the form comes back with what was typed."""
    asked = FORMS[name]
    seen = access_referral(request.actor, referral_id, to=RECEIVE)
    if request.method != "POST" and seen.referral.case.state not in REFERRAL.move(asked.move).sources:
        return redirect(links.referral(referral_id))
    form = asked.form(request.POST or None, **asked.given(seen.referral))
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            asked.do(request.actor, referral_id, form.cleaned_data)
        except REFUSALS as error:
            put_into(form, error)
            status = status_of(error)
        else:
            messages.success(request, DONE)
            return redirect(links.referral(referral_id))
    context = {
        "case": head(seen), "crumbs": crumbs(seen, str(asked.title)), "title": asked.title, "lead": asked.lead,
        "form": form, "submit": asked.submit, "draft": f"{name}:{referral_id}", "confirm": "", "confirm_detail": "",
        "back": _("Back to the referral"),
    }  # fmt: skip
    return render(request, "consult/joint/act.html", context, status=status)


@login_required
def consent(request: Request, referral_id: UUID) -> HttpResponse:
    """The patient's signed form, added by the doctor."""
    seen = access_referral(request.actor, referral_id, to=WRITE)
    if seen.as_patient:
        raise NotAllowed(WRITE)
    error, status = "", 200
    if request.method == "POST":
        papers = keys(request.POST.getlist("paper"))
        try:
            if not papers:
                error, status = _("Add the form with the patient's signature first."), 422
            else:
                actions.agree(request.actor, referral_id, paper_file_id=papers[0], at=now())
                messages.success(request, _("Kept. The letter may be signed now."))
                return redirect(links.act(referral_id, "letter"))
        except REFUSALS as refused:
            error, status = say(refused), status_of(refused)
    context = {
        "case": head(seen),
        "crumbs": crumbs(seen, _("Consent")),
        "error": error,
        "target": get_full_name(seen.referral.target_id),
    }
    return render(request, "consult/referrals/consent.html", context, status=status)
