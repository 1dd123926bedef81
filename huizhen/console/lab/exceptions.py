"""Exceptions: the open ones of one's laboratory or sites, and one of them with its repair."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from huizhen.console.deadlines import to_due
from huizhen.console.frame import hear
from huizhen.console.lab import words
from huizhen.console.refusals import REFUSALS, say
from huizhen.kernel import clock
from huizhen.kernel.flow.queries import list_state_clocks, list_timeline
from huizhen.kernel.flow.sentences import sentence_of
from huizhen.lab.exceptions import access, actions, queries
from huizhen.lab.exceptions.flow import CONFIRM, EXCEPTION, WORK
from huizhen.lab.exceptions.rules import CONFIRMED_BY_SECOND, REPAIRS
from huizhen.lab.instruments.queries import instruments_of
from huizhen.people.accounts.requests import Request

MOVES = {"solve": WORK, "dismiss": WORK, "refuse": CONFIRM}


@login_required
@require_GET
def listed(request: Request) -> HttpResponse:
    """What is open: for a laboratory its own, for a site what concerns it. What is due first stands first."""
    places = access.access_troubles(request.actor)
    kind = request.GET.get("kind", "")
    rows = queries.list_open(laboratory_ids=places.laboratories, organisation_ids=places.organisations, kind=kind)
    hear(request, *(f"lab:exceptions:{place}" for place in places.laboratories))
    clocks = list_state_clocks(row.case_id for row in rows)
    names: dict[Any, str] = {one.id: one.name for one in instruments_of([*places.laboratories, *places.organisations])}
    shown = [_row(row, clocks.get(row.case_id), places) | {"about": names.get(row.reference, "")} for row in rows]
    return render(request, "lab/exceptions/list.html", {"rows": shown, "kinds": queries.KINDS, "kind": kind})


def _row(row: Any, running: Any, places: access.Places) -> dict[str, Any]:
    return {
        "trouble": row,
        "state": EXCEPTION.state(row.case.state).label,
        "due": to_due(running, EXCEPTION) if running else None,
        "opens": row.laboratory_id in places.laboratories,
    }


@login_required
@require_GET
def page(request: Request, case_id: UUID) -> HttpResponse:
    """One exception: what it is, what to do, what was done."""
    trouble = access.access_trouble(request.actor, case_id)
    running = list_state_clocks([case_id]).get(case_id)
    repair = REPAIRS.get(trouble.kind, "")
    context = {
        "trouble": trouble,
        "about": next((one.name for one in instruments_of([trouble.laboratory_id]) if one.id == trouble.reference), ""),
        "state": EXCEPTION.state(trouble.case.state).label,
        "due": to_due(running, EXCEPTION) if running else None,
        "advice": words.ADVICE.get(trouble.kind, ""),
        "repair": repair if trouble.case.state == "open" else "",
        "by_two": repair in CONFIRMED_BY_SECOND,
        "proposed": trouble.repair if trouble.case.state == "confirming" else {},
        "own": trouble.proposed_by_id == request.actor.account_id,
        "story": [
            {"at": one.at, "says": sentence_of(one, EXCEPTION.kind)} for one in list_timeline(case_id, audience="team")
        ],
    }
    return render(request, "lab/exceptions/page.html", context)


@login_required
@require_POST
def propose(request: Request, case_id: UUID) -> HttpResponse:
    """Propose a repair, or make it at once where nobody need confirm it."""
    trouble = access.access_trouble(request.actor, case_id, to=WORK)
    barcode = request.POST.get("barcode", "")
    if REPAIRS.get(trouble.kind, "") in CONFIRMED_BY_SECOND:
        return _act(request, case_id, lambda **by: actions.propose_repair(trouble, barcode=barcode, **by),
                    _("Proposed. Now a second person confirms it."))  # fmt: skip
    return _act(request, case_id, lambda **by: actions.repair_now(trouble, **by), _("Repaired."))


@login_required
@require_POST
def confirm(request: Request, case_id: UUID) -> HttpResponse:
    """Confirm somebody else's proposal; then it is made."""
    trouble = access.access_trouble(request.actor, case_id, to=CONFIRM)
    return _act(request, case_id, lambda **by: actions.confirm_repair(trouble, **by), _("Repaired."))


@login_required
@require_POST
def move(request: Request, case_id: UUID, name: str) -> HttpResponse:
    """`solve`, `dismiss` or `refuse`, with a reason."""
    trouble = access.access_trouble(request.actor, case_id, to=MOVES[name])
    reason = request.POST.get("reason", "")
    return _act(request, case_id, lambda **by: actions.make_move(trouble, name, reason=reason, **by), _("Noted."))


def _act(request: Request, case_id: UUID, act: Callable[..., Any], done: str) -> HttpResponse:
    try:
        act(actor=request.actor, at=clock.now())
    except REFUSALS as error:
        messages.warning(request, say(error))
    else:
        messages.success(request, done)
    return redirect("lab-exception", case_id)
