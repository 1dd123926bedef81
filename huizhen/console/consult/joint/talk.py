"""The conversation of a consultation: said, taken back, and read as far as the reader's audience reaches."""

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
from huizhen.consult.joint.flow import DISCUSS, TEAM
from huizhen.kernel import ids, talk
from huizhen.kernel.access import NotVisible
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request

AUDIENCES = ("patient", "staff", "team")
SHOWN = 100


def audience_of(seen: Seen) -> str:
    """Which entries of timeline and conversation the reader may see: `patient`, `staff` or `team`."""
    case = seen.application.case
    if any(m.organisation_id == case.team_organisation_id and m.role in TEAM for m in seen.actor.memberships):
        return "team"
    return "patient" if seen.as_patient else "staff"


def lines(seen: Seen, audience: str) -> list[talk.Line]:
    """The messages the reader may see, the last ones; read once per page."""
    kept = vars(seen.application)
    if "lines" not in kept:
        kept["lines"] = talk.list_messages(seen.application.case_id, audience=audience, limit=SHOWN)
    return list(kept["lines"])


def senders(seen: Seen) -> set[UUID]:
    """Who wrote them."""
    if not seen.may(DISCUSS):
        return set()
    return {line.sender_id for line in lines(seen, audience_of(seen)) if line.sender_id}


def context(seen: Seen, audience: str, people: Any) -> dict[str, Any]:
    """The conversation and the form to add to it; the reader has now read it."""
    case = seen.application.case
    shown = lines(seen, audience)
    if shown:
        talk.mark_read(case.id, actor=seen.actor, number=shown[-1].number)
    found: dict[str, Any] = {"messages_list": [_bubble(seen, line, people) for line in shown]}
    if case.closed_at is None:
        reach = AUDIENCES[: AUDIENCES.index(audience) + 1]
        options = [{"code": code, "label": _label(code)} for code in reach]
        found["composer"] = {
            "action": links.act(case.id, "messages"),
            "client_id": str(ids.new_id()),
            "audiences": options if len(options) > 1 else [],
        }
    return found


@login_required
@require_POST
def post(request: Request, case_id: UUID) -> HttpResponse:
    """Say something. Sent twice under one client id it is said once. htmx gets the list back, others the page."""
    seen = access_joint(request.actor, case_id, to=DISCUSS)
    reach = audience_of(seen)
    wanted = request.POST.get("audience") or "patient"
    audience = wanted if wanted in AUDIENCES[: AUDIENCES.index(reach) + 1] else "patient"
    try:
        talk.post(
            case_id, actor=request.actor, at=now(), body=request.POST.get("body", ""), audience=audience,
            client_id=request.POST.get("client_id") or str(ids.new_id()),
        )  # fmt: skip
    except REFUSALS as error:
        messages.error(request, say(error))
    if not request.htmx:
        return redirect(links.case(case_id) + "#talk")
    people = seen_people(seen)
    found = {"case": {"id": case_id, "href": links.case(case_id)}, **context(seen, reach, people)}
    return render(request, "consult/joint/_talk.html", {**found, "fresh_id": True})


@login_required
@require_POST
def retract(request: Request, case_id: UUID, message_id: UUID) -> HttpResponse:
    """Take one's own message back."""
    seen = access_joint(request.actor, case_id, to=DISCUSS)
    if not any(line.id == message_id for line in lines(seen, audience_of(seen))):
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
    return {"patient": _("Patient and staff"), "staff": _("Staff only"), "team": _("Consultation centre only")}[code]
