"""Letting family members follow: links made, shown once, and taken back."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from huizhen.console.consult.joint import forms, links
from huizhen.console.consult.joint.case import crumbs, head
from huizhen.console.refusals import REFUSALS, put_into, status_of
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.families import actions
from huizhen.consult.joint.families.access import SHARE
from huizhen.consult.joint.families.queries import list_links
from huizhen.kernel.access import NotVisible
from huizhen.kernel.clock import now
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.people.accounts.requests import Request
from huizhen.people.accounts.rules import BadPhone, mask_phone


@login_required
def page(request: Request, case_id: UUID) -> HttpResponse:
    """The links there are; a new one is made, or one is taken back."""
    seen = access_joint(request.actor, case_id, to=SHARE)
    if "revoke" in request.POST:
        actions.revoke_link(request.actor, case_id, _key(request.POST["revoke"]), at=now())
        messages.success(request, _("The link is taken back; it leads nowhere from now on."))
        return redirect(links.act(case_id, "family"))
    form = forms.Family(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, seen, form, status=422 if form.errors else 200)
    said = form.cleaned_data
    try:
        _link, token = actions.make_link(
            request.actor, case_id, name=said["name"], phone=said["phone"], days=int(said["days"]), at=now()
        )
    except BadPhone:
        form.add_error("phone", _("This is no mobile number."))
        return _page(request, seen, form, status=422)
    except REFUSALS as error:
        put_into(form, error)
        return _page(request, seen, form, status=status_of(error))
    return _page(request, seen, forms.Family(), fresh=f"{settings.PUBLIC_URL}/follow/{token}/")


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotVisible(text[:40]) from error


def _page(request: Request, seen: Seen, form: forms.Family, *, fresh: str = "", status: int = 200) -> HttpResponse:
    case_id, at = seen.application.case_id, now()
    rows = [
        {
            "id": one.id, "name": one.name, "phone": mask_phone(one.phone), "expires_at": one.expires_at,
            "by": one.made_by.name, "looked_at": one.looked_at,
            "open": one.revoked_at is None and one.expires_at > at,
        }
        for one in list_links(seen.application.id)
    ]  # fmt: skip
    context = {
        "case": head(seen, list_deadlines(case_id)), "crumbs": crumbs(seen, _("Family")), "form": form, "rows": rows,
        "fresh": fresh,
    }  # fmt: skip
    answer = render(request, "consult/joint/family.html", context, status=status)
    answer["Cache-Control"] = "private, no-store"
    return answer
