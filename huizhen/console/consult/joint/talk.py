"""The conversation of a consultation: said, taken back, and read as far as the reader's audience reaches."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from huizhen.console.consult.joint import links, show
from huizhen.console.refusals import REFUSALS, say
from huizhen.console.shapes import Bubble
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.flow import DISCUSS
from huizhen.kernel import ids, talk
from huizhen.kernel.access import NotVisible
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request

AUDIENCES = ("patient", "staff", "panel", "team")
SHOWN = 100


def lines(seen: Seen) -> list[talk.Line]:
    """The messages the reader may see, the last ones; read once per page."""
    kept = vars(seen.application)
    if "lines" not in kept:
        kept["lines"] = talk.list_messages(seen.application.case_id, audience=seen.hears, limit=SHOWN)
    return list(kept["lines"])


def senders(seen: Seen) -> set[UUID]:
    """Who wrote them."""
    if not seen.may(DISCUSS):
        return set()
    return {line.sender_id for line in lines(seen) if line.sender_id}


def context(seen: Seen, people: Any) -> dict[str, Any]:
    """The conversation and the form to add to it; the reader has now read it."""
    case = seen.application.case
    shown = lines(seen)
    if shown:
        talk.mark_read(case.id, actor=seen.actor, number=shown[-1].number)
    apart = [line for line in shown if line.audience == "panel"]
    found: dict[str, Any] = {"messages_list": [_bubble(seen, line, people) for line in shown if line not in apart]}
    if seen.hears in ("panel", "team"):
        found["discussion"] = {
            "lines": [_bubble(seen, line, people) for line in apart], "composer": _composer(case, ())
        }  # fmt: skip
    reach = [code for code in AUDIENCES[: AUDIENCES.index(seen.hears) + 1] if code != "panel"]
    found["composer"] = _composer(case, reach)
    return found


def _composer(case: Any, reach: Sequence[str]) -> dict[str, Any] | None:
    if case.closed_at is not None:
        return None
    return {
        "action": links.act(case.id, "messages"), "client_id": str(ids.new_id()),
        "audiences": [{"code": code, "label": _label(code)} for code in reach] if len(reach) > 1 else [],
    }  # fmt: skip


@login_required
@require_POST
def post(request: Request, case_id: UUID) -> HttpResponse:
    """Say something. Sent twice under one client id it is said once. htmx gets the list back, others the page."""
    seen = access_joint(request.actor, case_id, to=DISCUSS)
    wanted = request.POST.get("audience") or "patient"
    audience = wanted if wanted in AUDIENCES[: AUDIENCES.index(seen.hears) + 1] else "patient"
    try:
        talk.post(
            case_id, actor=request.actor, at=now(), body=request.POST.get("body", ""), audience=audience,
            client_id=request.POST.get("client_id") or str(ids.new_id()),
        )  # fmt: skip
    except REFUSALS as error:
        messages.error(request, say(error))
    if not request.htmx:
        return redirect(links.case(case_id) + ("#discussion" if audience == "panel" else "#talk"))
    people = seen_people(seen)
    found = {"case": {"id": case_id, "href": links.case(case_id)}, **context(seen, people)}
    part = "_discussion" if audience == "panel" and request.POST.get("part") == "discussion" else "_talk"
    return render(request, f"consult/joint/{part}.html", {**found, "fresh_id": True})


@login_required
@require_POST
def retract(request: Request, case_id: UUID, message_id: UUID) -> HttpResponse:
    """Take one's own message back."""
    seen = access_joint(request.actor, case_id, to=DISCUSS)
    if not any(line.id == message_id for line in lines(seen)):
        raise NotVisible(message_id)
    talk.retract(message_id, actor=request.actor, at=now())
    return redirect(links.case(case_id) + "#talk")


def seen_people(seen: Seen) -> Any:
    """The names in the conversation."""
    return show.People(senders(seen))


def _bubble(seen: Seen, line: talk.Line, people: Any) -> Bubble:
    own = line.sender_id == seen.actor.account_id
    may_retract = own and not line.retracted_at and seen.application.case.closed_at is None
    retract_at = links.act(seen.application.case_id, f"messages/{line.id}/retract")
    return Bubble(
        line.at, people.person(line.sender_id, line.sender_name or _("System")), line.body, own=own,
        kind="system" if line.kind == "system" else "text", retracted=bool(line.retracted_at),
        retract=retract_at if may_retract else "",
        only=_label(line.audience) if line.audience != "patient" else "",
    )  # fmt: skip


def _label(code: str) -> str:
    return {
        "patient": _("Patient and staff"), "staff": _("Staff only"), "panel": _("Experts and centre only"),
        "team": _("Consultation centre only"),
    }[code]  # fmt: skip
