"""Following a consultation by link and phone code, without an account: state, due time and steps, nothing clinical."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from huizhen.console.consult.joint import show
from huizhen.consult.joint.families import actions, rules
from huizhen.consult.joint.families.access import access_link, access_progress
from huizhen.kernel import limits
from huizhen.kernel.access import NotVisible
from huizhen.kernel.clock import now
from huizhen.kernel.flow.queries import list_timeline
from huizhen.people.accounts.queries import get_demo_phone_code, get_origin
from huizhen.people.accounts.requests import address_of
from huizhen.people.accounts.rules import mask_phone

LOOKS = limits.Limit("family link", account=60, address=120, seconds=60)
CODES = limits.Limit("family code", account=3, address=20, seconds=600)
PROVED = "follow"


def page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the code, then show the progress. A link that is unknown, expired or revoked reads alike."""
    at = now()
    try:
        limits.count(LOOKS, account=token, address=address_of(request), at=at)
        answer = _act(request, token, at) if request.method == "POST" else _look(request, token, at)
    except NotVisible:
        answer = render(request, "follow/gone.html", status=404)
    except limits.TooMany as error:
        answer = render(request, "follow/gone.html", {"too_many": True}, status=429)
        answer["Retry-After"] = str(error.seconds)
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex"
    # The token stands in the address. Not "no-referrer": with it browsers send the form from an origin called "null".
    answer["Referrer-Policy"] = "same-origin"
    return answer


def _act(request: HttpRequest, token: str, at: datetime) -> HttpResponse:
    if "code" not in request.POST:
        limits.count(CODES, account=token, address=address_of(request), at=at)
        actions.send_code(token, language=get_language() or "zh-hans", at=at)
        return _door(request, token, sent=True, at=at)
    link_id = actions.prove(token, request.POST.get("code", ""), at=at)
    if link_id is None:
        wrong = _("This code is not right, or no longer valid. Look at the latest message, or ask for a new code.")
        return _door(request, token, error=wrong, sent=True, status=422, at=at)
    request.session.cycle_key()
    kept = request.session.get(PROVED, {})
    request.session[PROVED] = {**kept, str(link_id): (at + rules.LOOK_LASTS).isoformat()}
    return redirect("follow", token=token)


def _look(request: HttpRequest, token: str, at: datetime) -> HttpResponse:
    link = access_link(token, at=at)
    until = request.session.get(PROVED, {}).get(str(link.id))
    if until is None or datetime.fromisoformat(until) <= at:
        return _door(request, token, at=at)
    seen = access_progress(token, UUID(str(link.id)), at=at, origin=get_origin(request))
    application, case = seen.application, seen.application.case
    events = list_timeline(case.id, audience="patient")
    context: dict[str, Any] = {
        "case": {
            "number": case.number, "state": show.badge(case.state), "since": case.state_since, "due": case.due_at,
            "late": bool(case.late_since), "closed": bool(case.closed_at), "urgent": case.urgency == "urgent",
        },
        "name": rules.mask_name(application.patient.name), "path": show.path(application),
        # Reasons may say something about the illness: the steps are shown, never the reasons.
        "entries": [(entry.at, entry.says) for entry in show.entries(events)],
        "expires_at": seen.expires_at,
    }  # fmt: skip
    return render(request, "follow/progress.html", context)


def _door(
    request: HttpRequest, token: str, *, at: datetime, error: str = "", sent: bool = False, status: int = 200
) -> HttpResponse:
    link = access_link(token, at=at)
    context = {
        "phone": mask_phone(link.phone), "error": error, "sent": sent,
        "demo_code": get_demo_phone_code(link.phone) if sent else "",
    }  # fmt: skip
    return render(request, "follow/door.html", context, status=status)
