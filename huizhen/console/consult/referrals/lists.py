"""Referrals to take care of: sent to us, and written by oneself. And where a new one begins."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huizhen.console.consult.joint.case import crumbs, head
from huizhen.console.consult.joint.show import badge, first_line, patient_line
from huizhen.console.consult.referrals import forms, links
from huizhen.console.deadlines import to_due
from huizhen.console.frame import hear
from huizhen.console.refusals import REFUSALS, put_into, status_of
from huizhen.console.shapes import Row
from huizhen.consult.joint.access import access_joint
from huizhen.consult.referrals import actions
from huizhen.consult.referrals.access import BEGIN, access_received
from huizhen.consult.referrals.flow import RECEIVE, REFERRAL
from huizhen.consult.referrals.queries import list_targets, list_written
from huizhen.kernel.access import NotAllowed, grants
from huizhen.kernel.clock import now
from huizhen.kernel.flow.queries import list_deadlines, list_state_clocks
from huizhen.people.accounts.requests import Request
from huizhen.people.organisations.queries import get_full_name

# Where the patient is awaited, that day counts, and not the weeks in which the state may last.
RULING = ("arrival",)
WRITERS = frozenset({"applicant"})


@login_required
@require_GET
def page(request: Request) -> HttpResponse:
    """What was sent to our hospital, due first; what one wrote; what is over."""
    actor, roles = request.actor, request.actor.roles()
    receives, writes = bool(roles & grants[RECEIVE].team_roles), bool(roles & WRITERS)
    if not (receives or writes):
        raise NotAllowed(RECEIVE)
    written = list_written(actor.account) if writes else []
    hear(request, f"account:{request.user.pk}", *(f"team:{m.organisation_id}" for m in actor.memberships))
    ended = [one for one in written if one.case.closed_at]
    context = {
        "receives": receives, "writes": writes,
        "received": rows(access_received(actor)) if receives else [],
        "written": rows([one for one in written if not one.case.closed_at]),
        "ended": rows([*ended, *(access_received(actor, closed=True) if receives else [])]),
    }  # fmt: skip
    return render(request, "consult/referrals/list.html", context)


def rows(found: list[Any]) -> list[Row]:
    """Referrals as rows of a list: sex, age and where to, no name."""
    clocks = list_state_clocks((one.case_id for one in found), rather=RULING)
    return [to_row(one, one.case, clocks.get(one.case_id)) for one in found]


def to_row(one: Any, case: Any, clock: Any) -> Row:
    """A referral as a row of a list, also of the worklist, with the clock of its state."""
    team = "" if case.closed_at or not case.team_organisation_id else get_full_name(case.team_organisation_id)
    return Row(
        links.referral(case.id), case.number, REFERRAL.label, get_full_name(one.target_id),
        badge(case.state, REFERRAL), patient_line(one.application.patient),
        case.owner.name if case.owner else team, case.state_since, to_due(clock, REFERRAL) if clock else None,
        case.urgency == "urgent", bool(case.late_since), get_full_name(case.organisation_id),
    )  # fmt: skip


@login_required
def begin(request: Request, case_id: UUID) -> HttpResponse:
    """Choose where the patient goes; the letter is then filled from the consultation."""
    seen = access_joint(request.actor, case_id, to=BEGIN)
    if seen.as_patient or not request.actor.memberships:
        raise NotAllowed(BEGIN)
    targets = list_targets(seen.application.case.organisation_id, at=now())
    form = forms.Begin(request.POST or None, choices=[(str(key), name) for key, name in targets])
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = actions.begin(
                request.actor, case_id, target_id=UUID(said["target"]), urgency=said["urgency"], at=now()
            )
        except REFUSALS as error:
            put_into(form, error)
            status = status_of(error)
        else:
            messages.success(request, _("The letter is filled from the consultation. Look it over piece by piece."))
            return redirect(links.act(made.case_id, "letter"))
    context = {
        "case": head(seen, list_deadlines(case_id)), "crumbs": crumbs(seen, _("Referral")), "form": form,
        "title": _("Refer the patient to a hospital"), "submit": _("Write the letter"), "confirm": "",
        "confirm_detail": "", "draft": f"referral:{case_id}",
        "lead": _("About: %(question)s") % {"question": first_line(seen.application.question)},
    }  # fmt: skip
    return render(request, "consult/joint/act.html", context, status=status)
