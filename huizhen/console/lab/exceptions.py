"""Exceptions: the open ones of one's laboratory or sites, and one of them with its repair."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from huizhen.console.deadlines import to_due
from huizhen.console.frame import hear
from huizhen.console.lab import words
from huizhen.console.lab.today import LABELS
from huizhen.console.records.shown import person
from huizhen.console.refusals import REFUSALS, say
from huizhen.console.shapes import Crumb
from huizhen.kernel import clock
from huizhen.kernel.flow.queries import list_state_clocks, list_timeline
from huizhen.kernel.flow.sentences import sentence_of
from huizhen.lab.exceptions import access, actions, queries
from huizhen.lab.exceptions.flow import CONFIRM, EXCEPTION, WORK
from huizhen.lab.exceptions.rules import ASKABLE, CONFIRMED_BY_SECOND, NAMED, ONLY_LATE, REPAIRS
from huizhen.lab.instruments.queries import CHANNEL, instruments_of
from huizhen.lab.reporting.hops import KINDS
from huizhen.people.accounts.requests import Request
from huizhen.records.merging.rules import REASONS
from huizhen.records.patients.rules import mask_number, mask_phone

MOVES = {"solve": WORK, "dismiss": WORK, "refuse": CONFIRM}


@login_required
@require_GET
def listed(request: Request) -> HttpResponse:
    """What is open: for a laboratory its own, for a site what concerns it. What is due first stands first."""
    places = access.access_troubles(request.actor)
    kind, hop = request.GET.get("kind", ""), request.GET.get("hop", "")
    rows = queries.list_open(
        laboratory_ids=places.laboratories, organisation_ids=places.organisations, kind=kind, kinds=KINDS.get(hop, ())
    )  # fmt: skip
    hear(request, *(f"lab:exceptions:{place}" for place in places.laboratories))
    clocks = list_state_clocks(row.case_id for row in rows)
    names: dict[Any, str] = {one.id: one.name for one in instruments_of([*places.laboratories, *places.organisations])}
    shown = [_row(row, clocks.get(row.case_id), places) | {"about": names.get(row.reference, "")} for row in rows]
    hops = [(name, label) for name, label in LABELS.items() if KINDS[name]]
    context = {"rows": shown, "kinds": queries.KINDS, "kind": kind, "hops": hops, "hop": hop}
    return render(request, "lab/exceptions/list.html", context)


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
    return _show(request, access.access_trouble(request.actor, case_id))


def _show(request: Request, trouble: Any, wrong: dict[str, Any] | None = None) -> HttpResponse:
    """`wrong`: why a proposal was refused, with what was typed."""
    case_id = trouble.case_id
    hear(request, CHANNEL, f"lab:exceptions:{trouble.laboratory_id}")
    running = list_state_clocks([case_id]).get(case_id)
    repair = REPAIRS.get(trouble.kind, "")
    context = {
        "crumbs": [Crumb(_("Laboratory exceptions"), reverse("lab-exceptions")), Crumb(trouble.case.number)],
        "trouble": trouble,
        "about": next((one.name for one in instruments_of([trouble.laboratory_id]) if one.id == trouble.reference), ""),
        "state": EXCEPTION.state(trouble.case.state).label,
        "due": to_due(running, EXCEPTION) if running else None,
        "advice": words.ADVICE.get(trouble.kind, ""),
        "repair": repair if trouble.case.state == "open" else "",
        "by_two": repair in CONFIRMED_BY_SECOND,
        "proposed": trouble.repair if trouble.case.state == "confirming" else {},
        "missing": queries.list_missing_tubes(trouble),
        "otherwise": queries.get_otherwise(trouble),
        "asking": _asking(trouble),
        "pair": _pair(request, trouble),
        "undoes": trouble.case.state == "solved" and "merge" in (trouble.repair or {}),
        "own": trouble.proposed_by_id == request.actor.account_id,
        "story": [
            {"at": one.at, "says": sentence_of(one, EXCEPTION.kind)} for one in list_timeline(case_id, audience="team")
        ],
        "wrong": wrong or {},
    }
    return render(request, "lab/exceptions/page.html", context, status=422 if wrong else 200)


def _pair(request: Request, trouble: Any) -> dict[str, Any]:
    """The two records side by side, numbers masked, and why the rules take them for one person's."""
    pair = access.access_pair(request.actor, trouble)
    if pair is None:
        return {}
    at, chosen = clock.now(), (trouble.repair or {}).get("survivor", "")
    records: list[dict[str, Any]] = [
        {
            "fact": person(request.actor, one, at),
            "key": str(one.id),
            "chosen": str(one.id) == chosen,
            "number": mask_number(one.identity_number) or "–",
            "phone": mask_phone(one.phone) if one.phone else "–",
        }
        for one in (pair.first, pair.second)
    ]
    return {"records": records, "reasons": [REASONS[code] for code in pair.reasons if code in REASONS]}


def _asking(trouble: Any) -> dict[str, Any]:
    """Whether an instrument can be asked for the results once more, which, what a person does where none can be, and
    what was asked before."""
    if trouble.kind not in ASKABLE:
        return {}
    at = clock.now()
    asked = [
        {"row": row, "says": words.WHY.get(row.why, ""), "open": row.ended_at is None}
        for row in queries.list_asked(trouble, at)
    ]
    instruments, count = queries.list_instruments(trouble), len(queries.list_specimens(trouble, at))
    return {
        "instruments": instruments, "runs": any(one.means == "orders" for one in instruments), "asked": asked,
        "count": count, "hint": words.NAMED if count else words.UNNAMED, "names": trouble.kind in NAMED,
        "by_hand": words.NOT_READ if trouble.subject.startswith(ONLY_LATE) else words.BY_HAND[trouble.kind],
        "open": trouble.case.state == "open", "waits": any(one["open"] for one in asked),
    }  # fmt: skip


@login_required
@require_POST
def ask(request: Request, case_id: UUID) -> HttpResponse:
    """Ask the instrument for the results once more."""
    trouble = access.access_trouble(request.actor, case_id, to=WORK)
    wanted, barcode = to_key(request.POST.get("instrument", "")), request.POST.get("barcode", "")
    given: dict[str, Any] = {"is_safe": "is_safe" in request.POST, "barcode": barcode}
    return _act(request, case_id, lambda **by: actions.ask_instrument(trouble, wanted, **given, **by),
                _("The instrument is being asked. This page shows what becomes of it."))  # fmt: skip


@login_required
@require_POST
def propose(request: Request, case_id: UUID) -> HttpResponse:
    """Propose a repair, or make it at once where nobody need confirm it."""
    trouble = access.access_trouble(request.actor, case_id, to=WORK)
    given: dict[str, Any] = {"barcode": request.POST.get("barcode", ""), "note": request.POST.get("note", "")}
    given["survivor"] = to_key(request.POST.get("survivor", ""))
    if REPAIRS.get(trouble.kind, "") in CONFIRMED_BY_SECOND:
        try:
            actions.propose_repair(trouble, **given, actor=request.actor, at=clock.now())
        except REFUSALS as error:
            said = words.TAKEN if getattr(error, "errors", {}).get("barcode") == "barcode_taken" else say(error)
            return _show(request, trouble, {"says": said, **given})
        messages.success(request, _("Proposed. Now a second person confirms it."))
        return redirect("lab-exception", case_id)
    return _act(request, case_id, lambda **by: actions.repair_now(trouble, **by), _("Repaired."))


@login_required
@require_POST
def confirm(request: Request, case_id: UUID) -> HttpResponse:
    """Confirm somebody else's proposal; then it is made."""
    trouble = access.access_trouble(request.actor, case_id, to=CONFIRM)
    return _act(request, case_id, lambda **by: actions.confirm_repair(trouble, **by), _("Repaired."))


@login_required
@require_POST
def undo(request: Request, case_id: UUID) -> HttpResponse:
    """Take two joined records apart again."""
    trouble = access.access_trouble(request.actor, case_id, to=CONFIRM)
    reason = request.POST.get("reason", "")
    return _act(request, case_id, lambda **by: actions.undo_merge(trouble, reason=reason, **by),
                _("The two records are apart again, each as it was. The exception is open again."),
                {"form": "undo", "reason": reason})  # fmt: skip


@login_required
@require_POST
def move(request: Request, case_id: UUID, name: str) -> HttpResponse:
    """`solve`, `dismiss` or `refuse`, with a reason."""
    trouble = access.access_trouble(request.actor, case_id, to=MOVES[name])
    reason = request.POST.get("reason", "")
    return _act(request, case_id, lambda **by: actions.make_move(trouble, name, reason=reason, **by), _("Noted."),
                {"form": name, "reason": reason})  # fmt: skip


def _act(
    request: Request, case_id: UUID, act: Callable[..., Any], done: str, typed: dict[str, Any] | None = None
) -> HttpResponse:
    """Do it. Refused, the page as it stands now says why; `typed`: the form that comes back with what stood in it."""
    try:
        act(actor=request.actor, at=clock.now())
    except REFUSALS as error:
        if typed:
            return _show(request, access.access_trouble(request.actor, case_id), {"says": say(error), **typed})
        messages.warning(request, say(error))
    else:
        messages.success(request, done)
    return redirect("lab-exception", case_id)


def to_key(text: str) -> UUID:
    """The key that a form names; one that nothing has, where it names none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
