"""Writing one's opinion beside the material: kept while it is written, signed once."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from huizhen.console.consult.joint import forms, links, material, show
from huizhen.console.consult.joint.case import crumbs, head
from huizhen.console.refusals import REFUSALS, put_into, status_of
from huizhen.console.shapes import Tab
from huizhen.consult.joint import actions
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.findings.queries import Version, get_version, list_templates
from huizhen.consult.joint.flow import OPINE
from huizhen.consult.joint.queries import get_opinion
from huizhen.kernel.clock import now
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.people.accounts.requests import Request

FIELDS = ("findings", "assessment", "advice", "stance", "stance_reason")


@login_required
def write(request: Request, case_id: UUID) -> HttpResponse:
    """Show the draft, keep it, or keep and sign it."""
    seen = access_joint(request.actor, case_id, to=OPINE)
    kept = get_opinion(seen.application.id, request.user.pk)
    template = _template(request, kept)
    if request.method != "POST":
        if kept and kept.signed_at:
            return redirect(links.case(case_id) + "#opinions")
        return _page(request, seen, _form(template, initial=_initial(kept)), kept)
    form = _form(template, request.POST)
    if not form.is_valid():
        return _page(request, seen, form, kept, status=422)
    try:
        kept = actions.save_opinion(request.actor, case_id, actions.OpinionFields(**form.written()), at=now())
        if request.POST.get("act") == "keep":
            messages.success(request, _("The draft is kept. You can go on at any time, on any device."))
            return redirect(links.act(case_id, "opinion"))
        actions.sign_opinion(request.actor, case_id, at=now())
    except REFUSALS as error:
        _say(form, error)
        return _page(request, seen, form, kept, status=status_of(error))
    messages.success(request, _("Signed. The others who have signed see it now."))
    return redirect(links.case(case_id) + "#opinions")


@login_required
@require_POST
def keep(request: Request, case_id: UUID) -> HttpResponse:
    """Keep what is written so far, by itself while one types; answers with the line that says so."""
    access_joint(request.actor, case_id, to=OPINE)
    form = _form(_template(request, None), request.POST)
    context: dict[str, Any] = {"saved_at": None}
    if form.is_valid():
        try:
            fields = actions.OpinionFields(**form.written())
            context["saved_at"] = actions.save_opinion(request.actor, case_id, fields, at=now()).updated_at
        except REFUSALS as error:
            put_into(form, error)
    return render(request, "consult/joint/_kept.html", context)


def _template(request: Request, kept: Any) -> Version | None:
    """The template the form is drawn with, in the version it was shown in: the one chosen, else the one the draft was
    begun with."""
    chosen = request.POST if request.method == "POST" else request.GET
    code = chosen.get("template", kept.template if kept else "")
    begun = kept.structured.get("version", 0) if kept and kept.template == code else 0
    version = chosen.get("template_version", "")
    return get_version(code, int(version) if version.isdecimal() else begun) if code else None


def _say(form: forms.Opinion, error: Exception) -> None:
    """A refusal above the form, and beside each item that is still open."""
    put_into(form, error)
    for key in error.details["keys"] if isinstance(error, Refused) and error.code == "items_open" else ():
        form.add_error(forms.ITEM + key, _("Needed for signing."))


def _form(template: Any, *args: Any, **given: Any) -> forms.Opinion:
    return forms.Opinion(*args, template=template, english=(get_language() or "").startswith("en"), **given)


def _initial(kept: Any) -> dict[str, Any]:
    """What was kept. Several choices take the list; every other field takes the one value."""
    if kept is None:
        return {}
    answers = {forms.ITEM + row["key"]: row["values"] for row in kept.structured.get("rows", ())}
    single = {name: values[0] for name, values in answers.items() if len(values) == 1}
    return {**{name: getattr(kept, name) for name in FIELDS}, **answers, **single}


def _tabs(seen: Seen, form: Any) -> list[Tab]:
    """The templates that may be used here, and writing without one."""
    offered = list_templates(seen.application.specialty_id)
    here = links.act(seen.application.case_id, "opinion")
    free = Tab(_("Free text"), f"{here}?template=", current=not form.template)
    return [free, *(Tab(str(one), f"{here}?template={one.code}", form.template == one.code) for one in offered)]


def _page(request: Request, seen: Seen, form: Any, kept: Any, status: int = 200) -> HttpResponse:
    case = head(seen, list_deadlines(seen.application.case_id))
    today = get_version(form.template) if form.template else None
    context = {
        "case": case, "crumbs": crumbs(seen, _("My opinion")), "form": form, "templates": _tabs(seen, form),
        "structured": [form[name] for name, _key in form.items], "plain": [form[name] for name in FIELDS],
        **show.asked(seen), "materials": material.of_case(seen),
        "newer": today.version if today and today.version > form.version else 0,
        "saved_at": kept.updated_at if kept else None, "keep": links.act(seen.application.case_id, "opinion/keep"),
    }  # fmt: skip
    return render(request, "consult/joint/opinion.html", context, status=status)
