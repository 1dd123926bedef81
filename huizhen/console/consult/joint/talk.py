"""The conversation of a consultation: said, taken back, and read as far as the reader's audience reaches."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
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
MOST = 500
LONGEST_NUMBER = 10


def number(values: QueryDict, name: str) -> int:
    """A whole number out of an address or a form; 0 where there is none."""
    text = values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else 0


def read(seen: Seen, *, before: int = 0, since: int = 0) -> talk.Conversation:
    """The messages the reader may see: the last ones; those in front of `before`; or all from `since` on."""
    given: dict[str, int] = {"before": before} if before else {"since": since, "limit": MOST} if since else {}
    return talk.get_conversation(
        seen.application.case_id, audience=seen.hears, account_id=seen.actor.account_id, **given
    )


def why_closed(seen: Seen, *, hides: bool) -> str:
    """Why no message is shown, in words; `hides`: the reader was asked to take part and has not accepted yet."""
    if not seen.is_asked_open:
        return _("No consent of the patient is in force any more: the conversation is closed.")
    return _("You can read and write messages here once you have accepted.") if hides else ""


def senders(said: talk.Conversation) -> set[UUID]:
    """Who wrote them."""
    return {line.sender_id for line in (*said.common.lines, *said.panel.lines) if line.sender_id}


def context(seen: Seen, people: Any, said: talk.Conversation, *, marks: bool = True) -> dict[str, Any]:
    """The conversation and the form to add to it; the reader has now read it, where `marks`."""
    case = seen.application.case
    if marks and said.last > said.read:
        talk.mark_read(case.id, actor=seen.actor, number=said.last)
    found: dict[str, Any] = {
        "messages_list": [_bubble(seen, line, people) for line in said.common.lines],
        "since": _first(said.common), "earlier": _earlier("talk", said.common),
    }  # fmt: skip
    if seen.hears in ("panel", "team"):
        found["discussion"] = {
            "lines": [_bubble(seen, line, people) for line in said.panel.lines], "composer": _composer(case, ()),
            "since": _first(said.panel), "earlier": _earlier("discussion", said.panel),
        }  # fmt: skip
    reach = [code for code in AUDIENCES[: AUDIENCES.index(seen.hears) + 1] if code != "panel"]
    found["composer"] = _composer(case, reach)
    return found


def _first(stretch: talk.Stretch) -> int:
    """The number from which the page looks again, so that nothing between falls out as new ones come."""
    return stretch.lines[0].number if stretch.lines else 1


def _earlier(part: str, stretch: talk.Stretch) -> str:
    return f"?part={part}&before={stretch.lines[0].number}" if stretch.has_earlier else ""


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
    said = read(seen, since=number(request.POST, "since"))
    found = {"case": {"id": case_id, "href": links.case(case_id)}, **context(seen, show.People(senders(said)), said)}
    part = "_discussion" if audience == "panel" and request.POST.get("part") == "discussion" else "_talk"
    return render(request, f"consult/joint/{part}.html", {**found, "fresh_id": True})


@login_required
@require_POST
def retract(request: Request, case_id: UUID, message_id: UUID) -> HttpResponse:
    """Take one's own message back."""
    seen = access_joint(request.actor, case_id, to=DISCUSS)
    if not talk.is_visible(case_id, message_id, audience=seen.hears):
        raise NotVisible(message_id)
    talk.retract(message_id, actor=request.actor, at=now())
    return redirect(links.case(case_id) + "#talk")


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
