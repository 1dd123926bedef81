"""Medicines of a patient: written down, looked at with what was corrected, corrected."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from huizhen.console.consult.joint import links
from huizhen.console.records import shown
from huizhen.console.records.medicine_forms import CorrectMedicineForm, MedicineForm, NewMedicineForm
from huizhen.console.records.said import say
from huizhen.console.taken import span_of
from huizhen.kernel import clock
from huizhen.people.accounts.requests import Request
from huizhen.records.medicines import access, actions
from huizhen.records.medicines.queries import STATUSES, list_corrections
from huizhen.records.medicines.rules import DAYS, FIELDS
from huizhen.records.patients.access import access_patient
from huizhen.records.refused import Refused


@login_required
@require_http_methods(["GET", "POST"])
def add(request: Request, patient_id: UUID) -> HttpResponse:
    """Write a medicine into the record; opened from a consultation, one returns there."""
    patient = access_patient(request.actor, patient_id, to="add")
    back = way_back(request, reverse("patient", args=[patient.id]))
    form = NewMedicineForm(request.POST or None)
    if form.is_valid():
        try:
            actions.add_medicine(patient, **form.cleaned_data, actor=request.actor, at=clock.now())
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, _("The medicine is written down."))
            return redirect(back)
    context = {
        "crumbs": shown.crumbs(request.actor, patient, _("Add a medicine")), "title": _("Add a medicine"),
        "form": form, "submit": _("Add"), "back": back,
    }  # fmt: skip
    return render(request, "records/patients/form.html", context, status=400 if form.errors else 200)


@login_required
@require_GET
def medicine(request: Request, medicine_id: UUID) -> HttpResponse:
    """One medicine, and what stood there before."""
    case = request.GET.get("case", "")
    found = access.access_medicine(request.actor, medicine_id, asked_for=shown.case_of(case))
    context = {
        "crumbs": shown.crumbs_from(request.actor, case, found.patient, found.name), "medicine": found,
        "span": span_of(found), "corrections": corrections_of(found),
        "correct": reverse("medicine-correct", args=[found.id]) if access.may_correct(request.actor, found) else "",
    }  # fmt: skip
    return render(request, "records/medicines/medicine.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def correct(request: Request, medicine_id: UUID) -> HttpResponse:
    """Correct it; what stood there is kept, with the reason."""
    found = access.access_medicine(request.actor, medicine_id, to="correct")
    initial = {field: getattr(found, field) for field in (*FIELDS, "version")}
    form = CorrectMedicineForm(request.POST or None, initial=initial)
    if form.is_valid():
        said = {field: form.cleaned_data[field] for field in FIELDS}
        try:
            actions.correct_medicine(
                found, said, reason=form.cleaned_data["reason"], version=form.cleaned_data["version"],
                actor=request.actor, at=clock.now(),
            )  # fmt: skip
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, _("Corrected; what stood there before is kept."))
            return redirect("medicine", found.id)
    context = {
        "crumbs": shown.crumbs(request.actor, found.patient, found.name, _("Correct")),
        "title": _("Correct a medicine"),
        "form": form, "submit": _("Save"), "back": reverse("medicine", args=[found.id]),
    }  # fmt: skip
    return render(request, "records/patients/form.html", context, status=400 if form.errors else 200)


def way_back(request: Request, otherwise: str) -> str:
    """The consultation `?case=` that the page was opened from, else somewhere else."""
    try:
        return links.case(UUID(request.GET.get("case", "")))
    except ValueError:
        return otherwise


def corrections_of(found: Any) -> list[dict[str, Any]]:
    """What was corrected: which field, what stood there and what stands there, by whom, when and why."""
    return [
        {
            "field": MedicineForm.base_fields[row.field].label,
            "before": value_of(row.field, row.before) or _("nothing"),
            "after": value_of(row.field, row.after) or _("nothing"),
            "who": row.actor.name, "at": row.at, "reason": row.reason,
        }
        for row in list_corrections(found)
    ]  # fmt: skip


def value_of(field: str, value: str) -> str:
    """A kept value in the reader's language."""
    if field in DAYS and value:
        return shown.day(date.fromisoformat(value))
    return str(dict(STATUSES).get(value, value)) if field == "status" else value
