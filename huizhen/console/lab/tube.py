"""One tube: who is in it, how far it has come, every version of what was found; and the decisions about it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from huizhen.console.lab import words
from huizhen.console.refusals import say
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible, may
from huizhen.lab.refused import Refused
from huizhen.lab.results import access, actions, queries
from huizhen.lab.results.sheet import say_value
from huizhen.lab.specimens.access import VOID, access_to_void
from huizhen.lab.specimens.pools import list_parts
from huizhen.lab.specimens.queries import list_persons
from huizhen.lab.specimens.rules import plain_barcode
from huizhen.people.accounts.requests import Request


@login_required
@require_GET
def find(request: Request) -> HttpResponse:
    """From a scanned or typed barcode to the tube's page."""
    barcode = plain_barcode(request.GET.get("barcode", ""))
    try:
        access.access_tube(request.actor, barcode)
    except NotVisible:
        messages.warning(request, _("No tube of your laboratory has this barcode."))
        return redirect("lab-bench")
    return redirect("lab-tube", barcode)


@login_required
@require_GET
def page(request: Request, barcode: str) -> HttpResponse:
    """The tube. Each look is noted for every person in it."""
    tube = access.access_tube(request.actor, barcode)
    decides = may(request.actor, access.REVIEW, tube.laboratory_id)
    versions = [version(row) | beside(request, row) for row in queries.list_versions(tube.id)]
    printable = any(one["row"].status == "released" for one in versions)
    context = {
        "tube": tube, "persons": list_persons([tube.id]), "versions": versions, "decides": decides,
        "printable": printable, "voids": tube.released_at is None and tube.voided_at is None
        and may(request.actor, VOID, tube.laboratory_id),
        "parts": list_parts(tube.id) if tube.capacity > 1 else [], "whole": whole(tube),
    }  # fmt: skip
    return render(request, "lab/bench/tube.html", context)


@login_required
@require_POST
def void(request: Request, barcode: str) -> HttpResponse:
    """Give the tube up, with a reason; whoever is in it has to come again."""
    tube = access_to_void(request.actor, barcode)
    is_mixed_here = bool(list_parts(tube.id))
    try:
        actions.give_up(tube.id, reason=request.POST.get("reason", ""), actor=request.actor, at=clock.now())
    except Refused as error:
        messages.warning(request, say(error))
    else:
        told = _("Given up. Everybody in this tube has to give a new specimen.")
        if is_mixed_here:
            told = _("Given up. Its single tubes are free again: mix them anew, or test them alone.")
        messages.success(request, told)
    return redirect("lab-tube", tube.barcode)


def whole(tube: Any) -> list[dict[str, Any]]:
    """What was found in the mixed tube that this single one is in, as far as it was released to its person."""
    if tube.part_of_id is None:
        return []
    patient_id = list_persons([tube.id])[0].patient_id
    return [version(row) for row in queries.list_printable(tube.part_of_id, patient_id)]


def version(row: Any) -> dict[str, Any]:
    """One version, with what may be done about it."""
    return {"row": row, "value": say_value(row), "reasons": words.say_reasons(row.reasons)}


def beside(request: Request, row: Any) -> dict[str, Any]:
    """What other tubes of the person say, for a value that waits because it contradicts them."""
    if row.status != "review":
        return {}
    shown, elsewhere = access.access_beside(request.actor, row)
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


def _decide(request: Request, observation_id: UUID, act: Callable[..., Any], done: str) -> HttpResponse:
    found = access.access_observation(request.actor, observation_id)
    try:
        act(actor=request.actor, at=clock.now())
    except Refused as error:
        messages.warning(request, say(error))
    else:
        messages.success(request, done)
    return redirect("lab-bench") if "bench" in request.POST else redirect("lab-tube", found.tube.barcode)
