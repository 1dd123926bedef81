"""Writing one's opinion beside the material: kept while it is written, signed once."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from huizhen.console.consult.joint import forms, links, material
from huizhen.console.consult.joint.case import crumbs, head
from huizhen.console.refusals import REFUSALS, put_into, status_of
from huizhen.consult.joint import actions
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.flow import OPINE
from huizhen.consult.joint.queries import get_opinion
from huizhen.kernel.clock import now
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.people.accounts.requests import Request

FIELDS = ("findings", "assessment", "advice", "stance", "stance_reason")


@login_required
def write(request: Request, case_id: UUID) -> HttpResponse:
    """Show the draft, keep it, or keep and sign it."""
    seen = access_joint(request.actor, case_id, to=OPINE)
    kept = get_opinion(seen.application.id, request.user.pk)
    if request.method != "POST":
        if kept and kept.signed_at:
            return redirect(links.case(case_id) + "#opinions")
        initial = {name: getattr(kept, name) for name in FIELDS} if kept else {}
        return _page(request, seen, forms.Opinion(initial=initial), kept)
    form = forms.Opinion(request.POST)
    if not form.is_valid():
        return _page(request, seen, form, kept, status=422)
    try:
        kept = actions.save_opinion(request.actor, case_id, actions.OpinionFields(**form.cleaned_data), at=now())
        if request.POST.get("act") == "keep":
            messages.success(request, _("The draft is kept. You can go on at any time, on any device."))
            return redirect(links.act(case_id, "opinion"))
        actions.sign_opinion(request.actor, case_id, at=now())
    except REFUSALS as error:
        put_into(form, error)
        return _page(request, seen, form, kept, status=status_of(error))
    messages.success(request, _("Signed. The others who have signed see it now."))
    return redirect(links.case(case_id) + "#opinions")


@login_required
@require_POST
def keep(request: Request, case_id: UUID) -> HttpResponse:
    """Keep what is written so far, by itself while one types; answers with the line that says so."""
    access_joint(request.actor, case_id, to=OPINE)
    form = forms.Opinion(request.POST)
    context: dict[str, Any] = {"saved_at": None}
    if form.is_valid():
        try:
            fields = actions.OpinionFields(**form.cleaned_data)
            context["saved_at"] = actions.save_opinion(request.actor, case_id, fields, at=now()).updated_at
        except REFUSALS as error:
            put_into(form, error)
    return render(request, "consult/joint/_kept.html", context)


def _page(request: Request, seen: Seen, form: Any, kept: Any, status: int = 200) -> HttpResponse:
    case = head(seen, list_deadlines(seen.application.case_id))
    context = {
        "case": case, "crumbs": crumbs(seen, _("My opinion")), "form": form, "question": seen.application.question,
        "summary": seen.application.summary, "materials": material.of_case(seen),
        "saved_at": kept.updated_at if kept else None, "keep": links.act(seen.application.case_id, "opinion/keep"),
    }  # fmt: skip
    return render(request, "consult/joint/opinion.html", context, status=status)
