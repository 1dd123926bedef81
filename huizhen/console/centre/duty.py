"""Who is on duty, who is being rung, and the answer of who is rung."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from huizhen.console.centre import history
from huizhen.console.centre.fields import moment_field
from huizhen.console.choices import offer
from huizhen.console.consult.joint import links
from huizhen.console.refusals import REFUSALS, say
from huizhen.consult.duty import access, actions, queries
from huizhen.consult.joint.flow import SEE
from huizhen.kernel.access import NotAllowed, may, may_on_case
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request
from huizhen.people.credentials.queries import list_expert_choices
from huizhen.people.organisations.queries import get_names

PAGE = "/centre/duty/"


class ShiftForm(forms.Form):
    """A doctor on duty from when to when."""

    account = forms.ChoiceField(label=gettext_lazy("Doctor"))
    starts_at = moment_field(gettext_lazy("From"))
    ends_at = moment_field(gettext_lazy("Until"))
    place = forms.IntegerField(label=gettext_lazy("Rung as number"), min_value=1, max_value=9, initial=1)
    patience = forms.IntegerField(
        label=gettext_lazy("Minutes before the next one is rung"), min_value=1, max_value=60, initial=5
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "account", [("", "—"), *choices])
        morning = localtime(now()).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self.initial = {"starts_at": morning, "ends_at": morning + timedelta(days=1), **self.initial}


LED_HERE = frozenset({"expert", "coordinator", "team_lead", "operator"})


@login_required
def page(request: Request) -> HttpResponse:
    """Rings for oneself on top; for the centre the roster and the last rings.

    Raises:
        Http404: not for this reader; whom the navigation leads here finds at least that nobody calls.
    """
    at, actor = now(), request.actor
    centres, own = access.list_centres(actor), queries.list_ringing(request.user.pk)
    if not centres and not own and not LED_HERE & actor.roles():
        raise Http404
    kept = [centre for centre in centres if may(actor, access.KEEP, centre)]
    form = ShiftForm(request.POST or None, choices=list_expert_choices(on=at.date())) if kept else None
    if request.method == "POST" and not kept:
        raise NotAllowed(access.KEEP)
    if form and request.method == "POST" and form.is_valid() and _add(request, kept[0], form):
        return redirect(PAGE)
    shifts = queries.list_shifts(centres, since=at)
    context = {
        "own": own, "form": form, "may_keep": bool(kept), "names": get_names(centres),
        "on_duty": [one for one in shifts if one.starts_at <= at],
        "shifts": [one for one in shifts if one.starts_at > at],
        "rings": [(ring, may_on_case(actor, SEE, ring.case)) for ring in queries.list_recent_rings(centres)],
        "centre": bool(centres), "history": history.tell(*(("duty_roster", key) for key in centres)),
    }  # fmt: skip
    return render(request, "centre/duty.html", context, status=422 if form and form.errors else 200)


def _add(request: Request, centre_id: UUID, form: ShiftForm) -> bool:
    data = {**form.cleaned_data, "account_id": UUID(form.cleaned_data["account"])}
    del data["account"]
    try:
        actions.add_shift(centre_id, **data, actor=request.actor, at=now())
    except actions.BadShift:
        form.add_error("ends_at", _("A shift must end after it begins, and lie ahead."))
        return False
    except actions.OnAlready:
        form.add_error("account", _("This doctor is on duty already at that time."))
        return False
    messages.success(request, _("Saved."))
    return True


@login_required
@require_POST
def cancel(request: Request, shift_id: UUID) -> HttpResponse:
    """Take a shift off the roster."""
    actions.cancel_shift(shift_id, actor=request.actor, at=now())
    messages.success(request, _("The shift is taken off the roster."))
    return redirect(PAGE)


@login_required
@require_POST
def take(request: Request, ring_id: UUID) -> HttpResponse:
    """Take the case one is rung for."""
    try:
        case = actions.take(request.actor, ring_id, at=now())
    except REFUSALS as error:
        messages.error(request, say(error))
        return redirect(PAGE)
    messages.success(request, _("Thank you. The applicant and the centre know that you have it."))
    return redirect(links.case(case.id))


@login_required
@require_POST
def pass_on(request: Request, ring_id: UUID) -> HttpResponse:
    """Say that one cannot now."""
    if actions.pass_on(request.actor, ring_id, at=now()):
        messages.success(request, _("The next one on duty is rung now."))
    else:
        messages.success(
            request, _("Noted. Nobody else has to be rung; where nobody has taken it, the team lead is told.")
        )
    return redirect(PAGE)
