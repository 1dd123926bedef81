"""After the report: rating the consultation, saying what became of the advice, and the experts' page of outcomes."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from huizhen.console.consult.joint import forms, links
from huizhen.console.consult.joint.case import crumbs, head
from huizhen.console.refusals import REFUSALS, put_into, status_of
from huizhen.console.shapes import Crumb
from huizhen.consult.joint import actions as actions_of_joint
from huizhen.consult.joint.access import Seen, access_joint, list_correctable
from huizhen.consult.joint.aftercare import actions
from huizhen.consult.joint.aftercare.access import PLAN, RATE, RECORD, access_outcomes
from huizhen.consult.joint.aftercare.queries import get_days
from huizhen.kernel.access import NotVisible
from huizhen.kernel.clock import now
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.people.accounts.requests import Request


@login_required
def rate(request: Request, case_id: UUID) -> HttpResponse:
    """Three questions, one to five each, and a few words."""
    seen = access_joint(request.actor, case_id, to=RATE)
    form = forms.Rate(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, seen, form, _("Rate the consultation"), status=422 if form.errors else 200)
    said = form.cleaned_data
    stars = actions.Stars(int(said["speed"]), int(said["clarity"]), int(said["use"]))
    try:
        actions.rate(request.actor, case_id, stars, words=said["words"], at=now())
    except REFUSALS as error:
        put_into(form, error)
        return _page(request, seen, form, _("Rate the consultation"), status=status_of(error))
    messages.success(request, _("Thank you. It helps the centre to do better."))
    return redirect(links.case(case_id))


@login_required
def outcome(request: Request, case_id: UUID) -> HttpResponse:
    """What became of the advice; the experts are told."""
    seen = access_joint(request.actor, case_id, to=RECORD)
    form = forms.Outcome(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, seen, form, _("What became of the advice"), status=422 if form.errors else 200)
    said = form.cleaned_data
    held = {"yes": True, "no": False}.get(said["diagnosis_held"])
    try:
        actions.record_outcome(
            request.actor, case_id, followed=said["followed"], course=said["course"], diagnosis_held=held,
            words=said["words"], at=now(),
        )  # fmt: skip
    except REFUSALS as error:
        put_into(form, error)
        return _page(request, seen, form, _("What became of the advice"), status=status_of(error))
    messages.success(request, _("Recorded. The experts are told; thank you for letting them learn from it."))
    return redirect(links.case(case_id))


@login_required
def day(request: Request, case_id: UUID) -> HttpResponse:
    """On which day it is asked what became of the advice."""
    seen = access_joint(request.actor, case_id, to=PLAN)
    form, title = (
        forms.FollowUpDay(request.POST or None, initial={"days": get_days(seen.application)}),
        _("Day of the follow-up"),
    )
    if request.method != "POST" or not form.is_valid():
        return _page(request, seen, form, title, status=422 if form.errors else 200, submit=_("Save"))
    try:
        actions.choose_day(request.actor, case_id, days=form.cleaned_data["days"], at=now())
    except REFUSALS as error:
        put_into(form, error)
        return _page(request, seen, form, title, status=status_of(error), submit=_("Save"))
    messages.success(request, _("Saved."))
    return redirect(links.case(case_id))


@login_required
def outcomes(request: Request) -> HttpResponse:
    """What became of one's own advice."""
    at = now()
    context = {"rows": access_outcomes(request.actor, at=at), "correctable": list_correctable(request.actor, at=at)}
    return render(request, "consult/joint/outcomes.html", context)


@login_required
def correct_closed(request: Request, case_id: UUID) -> HttpResponse:
    """Open the report of an ended case for its correction, with a reason; then to the desk."""
    form = forms.Reason(request.POST or None)
    status = 422 if form.errors else 200
    chair = next((one for one in list_correctable(request.actor, at=now()) if one.application.case_id == case_id), None)
    if chair is None:
        raise NotVisible(case_id)
    if request.method == "POST" and form.is_valid():
        try:
            actions_of_joint.correct_closed(request.actor, case_id, reason=form.cleaned_data["reason"], at=now())
        except REFUSALS as error:
            put_into(form, error)
            status = status_of(error)
        else:
            messages.success(
                request, _("The report lies on your desk. Your access ends when the new version is signed.")
            )
            return redirect(links.act(case_id, "report"))
    case = chair.application.case
    context = {
        "case": {"number": case.number, "href": "/consult/outcomes/"}, "title": _("Correct the report"),
        "crumbs": [Crumb(_("Outcomes"), "/consult/outcomes/"), Crumb(case.number)], "form": form,
        "lead": _("The case has ended. It is opened for you alone, until the new version is signed or you leave the "
                  "report as it is. The reason is printed on the new version; everybody concerned is told."),
        "submit": _("Begin the correction"), "draft": f"correct:{case_id}", "confirm": "", "confirm_detail": "",
    }  # fmt: skip
    return render(request, "consult/joint/act.html", context, status=status)


def _page(request: Request, seen: Seen, form: Form, title: str, *, status: int, submit: str = "") -> HttpResponse:
    case_id = seen.application.case_id
    context: dict[str, Any] = {
        "case": head(seen, list_deadlines(case_id)), "crumbs": crumbs(seen, title), "title": title, "lead": "",
        "form": form, "submit": submit or _("Send"), "draft": f"aftercare:{case_id}", "confirm": "",
        "confirm_detail": "",
    }  # fmt: skip
    return render(request, "consult/joint/act.html", context, status=status)
