"""One tube: who is in it, how far it has come, every version of what was found; and the decisions about it."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from huizhen.console.lab import words
from huizhen.console.refusals import say
from huizhen.console.shapes import Crumb
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible, may
from huizhen.lab.exceptions.queries import list_doubted
from huizhen.lab.refused import Refused
from huizhen.lab.results import access, actions, queries
from huizhen.lab.results.sheet import say_value
from huizhen.lab.specimens.access import VOID, access_to_void
from huizhen.lab.specimens.pools import count_to_come, list_parts
from huizhen.lab.specimens.queries import list_persons
from huizhen.lab.specimens.rules import plain_barcode
from huizhen.people.accounts.requests import Request

TAKEN_BACK = gettext_lazy("Taken back from everybody in this tube; each of them is tested alone.")


@login_required
@require_GET
def find(request: Request) -> HttpResponse:
    """From a scanned or typed barcode to the tube's page."""
    barcode = plain_barcode(request.GET.get("barcode", ""))
    try:
        access.access_tube(request.actor, barcode)
    except NotVisible:
        return redirect(f"{reverse('lab-bench')}?{urlencode({'barcode': barcode})}")
    return redirect("lab-tube", barcode)


@login_required
@require_GET
def page(request: Request, barcode: str) -> HttpResponse:
    """The tube. Each look is noted for every person in it."""
    return _show(request, access.access_tube(request.actor, barcode))


def _show(request: Request, tube: Any, wrong: dict[str, Any] | None = None) -> HttpResponse:
    """`wrong`: which of its forms was refused and why, with what was typed."""
    decides = may(request.actor, access.REVIEW, tube.laboratory_id)
    rows = queries.list_versions(tube.id)
    doubted = list_doubted(row.id for row in rows)
    versions = [
        version(row) | beside(request, row, row.id in doubted) | one
        for row, one in zip(rows, standing(rows), strict=True)
    ]
    way = [Crumb(pgettext("laboratory", "Bench"), reverse("lab-bench")), Crumb(tube.barcode)]
    printable = any(one["row"].status == "released" for one in versions)
    context = {
        "tube": tube, "persons": list_persons([tube.id]), "versions": versions, "decides": decides,
        "printable": printable, "voids": tube.released_at is None and tube.voided_at is None
        and may(request.actor, VOID, tube.laboratory_id),
        "parts": list_parts(tube.id) if tube.capacity > 1 else [], "whole": whole(tube), "wrong": wrong or {},
        "crumbs": way if decides else [],
    }  # fmt: skip
    return render(request, "lab/bench/tube.html", context, status=422 if wrong else 200)


@login_required
@require_POST
def void(request: Request, barcode: str) -> HttpResponse:
    """Give the tube up, with a reason; whoever has nothing left that stands for them has to come again."""
    tube = access_to_void(request.actor, barcode)
    is_mixed_here = bool(list_parts(tube.id))
    try:
        actions.give_up(tube.id, reason=request.POST.get("reason", ""), actor=request.actor, at=clock.now())
    except Refused as error:
        return _refused(request, tube.barcode, "void", error)
    else:
        messages.success(request, say_given_up(tube.id, is_mixed_here))
    return redirect("lab-tube", tube.barcode)


def say_given_up(tube_id: UUID, is_mixed_here: bool) -> str:
    """What a tube given up means for its persons."""
    said = []
    if is_mixed_here:
        said.append(_("Its single tubes are free again: mix them anew, or test them alone."))
    if count := count_to_come(tube_id):
        told = ngettext("%(n)s person has to come again and stands on the list of re-tests.",
                        "%(n)s persons have to come again and stand on the list of re-tests.", count)  # fmt: skip
        said.append(told % {"n": count})
    return " ".join([_("Given up."), *(said or [_("Nobody has to come again for it.")])])


def whole(tube: Any) -> list[dict[str, Any]]:
    """What was found in the mixed tube that this single one is in, as far as it was released to its person."""
    if tube.part_of_id is None:
        return []
    patient_id = list_persons([tube.id])[0].patient_id
    return [version(row) for row in queries.list_printable(tube.part_of_id, patient_id)]


def version(row: Any) -> dict[str, Any]:
    """One version, with what may be done about it."""
    return {"row": row, "key": str(row.id), "value": say_value(row), "reasons": words.say_reasons(row.reasons)}


def standing(rows: Sequence[Any]) -> list[dict[str, bool]]:
    """Of each version, the latest of an item first: whether it is the latest, or only what is withheld came after it;
    whether it was released and another after it, and whether it says that nothing counts any more."""
    latest = {row.item_id: row.id for row in reversed(rows)}
    told = {row.item_id: row.id for row in reversed(rows) if row.status != "withheld"}
    counts = {row.item_id: row.id for row in reversed(rows) if row.status == "released"}
    return [
        {
            "stands": latest[row.item_id] == row.id or (told.get(row.item_id) == row.id and bool(row.value)),
            "replaced": row.status == "released" and counts[row.item_id] != row.id,
            "withdrawn": row.finding == queries.FINDINGS.WITHDRAWN,
        }
        for row in rows
    ]


def beside(request: Request, row: Any, is_doubted: bool) -> dict[str, Any]:
    """What other tubes of the person say, for a value that contradicts them: it waits, or an exception says so."""
    if row.status != "review" and not is_doubted:
        return {}
    shown, elsewhere = access.access_beside(request.actor, row, doubted=is_doubted)
    return {"beside": [version(one) for one in shown], "elsewhere": elsewhere}


@login_required
@require_POST
def release(request: Request, observation_id: UUID) -> HttpResponse:
    """Release what was reviewed."""
    return _decide(request, observation_id, lambda **by: actions.release(observation_id, **by), _("Released."))


@login_required
@require_POST
def reject(request: Request, observation_id: UUID) -> HttpResponse:
    """Refuse a value, with a reason."""
    reason = request.POST.get("reason", "")
    done = _("Rejected; nobody is shown this value.")
    return _decide(request, observation_id, lambda **by: actions.reject(observation_id, reason=reason, **by), done)


@login_required
@require_POST
def correct(request: Request, observation_id: UUID) -> HttpResponse:
    """Put a new version beside a released one."""
    value, reason = request.POST.get("value", ""), request.POST.get("reason", "")
    done = _("Corrected. Who was told the old value is told.")
    return _decide(
        request, observation_id, lambda **by: actions.correct(observation_id, value=value, reason=reason, **by), done
    )  # fmt: skip


@login_required
@require_POST
def withdraw(request: Request, observation_id: UUID) -> HttpResponse:
    """Take a released value back."""
    reason, done = request.POST.get("reason", ""), _("Withdrawn. Who was told the value is told.")
    return _decide(request, observation_id, lambda **by: actions.withdraw(observation_id, reason=reason, **by), done)


def _decide(request: Request, observation_id: UUID, act: Callable[..., Any], done: str) -> HttpResponse:
    found = access.access_observation(request.actor, observation_id)
    try:
        made = act(actor=request.actor, at=clock.now())
    except Refused as error:
        if "reason" in request.POST:
            return _refused(request, found.tube.barcode, str(observation_id), error)
        messages.warning(request, say(error))
    else:
        messages.success(request, TAKEN_BACK if made.status == "withheld" else done)
    return redirect("lab-bench") if "bench" in request.POST else redirect("lab-tube", found.tube.barcode)


def _refused(request: Request, barcode: str, form: str, error: Refused) -> HttpResponse:
    """The tube as it stands, with the form that was refused: open, what was typed in it, and why."""
    act = request.resolver_match.url_name if request.resolver_match else ""
    typed = {name: request.POST.get(name, "") for name in ("value", "reason")}
    wrong = {"form": form, "act": act, "says": say(error), **typed}
    return _show(request, access.access_tube(request.actor, barcode), wrong)
