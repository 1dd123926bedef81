"""The laboratory bench: today's hops, what waits for a review, what stands on the bench, what the instruments gave."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huizhen.console.frame import hear
from huizhen.console.lab import today, words
from huizhen.kernel import clock
from huizhen.lab.catalogue.queries import list_items
from huizhen.lab.catalogue.rules import read_presence
from huizhen.lab.instruments.queries import instruments_of
from huizhen.lab.results import access, queries
from huizhen.lab.results.sheet import say_value
from huizhen.lab.specimens.queries import list_tubes_at_bench
from huizhen.lab.specimens.rules import plain_barcode
from huizhen.people.accounts.requests import Request

RUNS_SINCE = timedelta(hours=24)
SHOWN_CONTROLS = 20


@login_required
@require_GET
def page(request: Request) -> HttpResponse:
    """Everything on one page; it looks again when something was released."""
    places = access.access_review(request.actor)
    hear(request, "lab:released")
    at, lost = clock.now(), plain_barcode(request.GET.get("barcode", ""))
    context = {
        "hops": today.draw(places, at),
        "reviews": [review(row) for row in queries.list_for_review(places)],
        "tubes": list_tubes_at_bench(places, limit=50),
        "runs": runs(places, at - RUNS_SINCE),
        "controls": [control(row) for row in queries.list_controls(places, at - RUNS_SINCE)[:SHOWN_CONTROLS]],
        "lost": lost, "lost_says": _("No tube of your laboratory has this barcode.") if lost else "",
    }  # fmt: skip
    return render(request, "lab/bench/page.html", context)


def review(row: Any) -> dict[str, Any]:
    """A value that waits, with why."""
    return {"row": row, "value": say_value(row), "reasons": words.say_reasons(row.reasons)}


def control(row: Any) -> dict[str, Any]:
    """A control; what the instrument wrote of a presence in the reader's language."""
    return {"lot": row.lot, "item": row.item, "in_control": row.in_control, "at": row.at,
            "says": words.PRESENCES.get(read_presence(row.value), row.value)}  # fmt: skip


def runs(places: list[UUID], since: Any) -> list[dict[str, Any]]:
    """What the instruments gave, with their names."""
    counted = queries.list_runs(places, since)
    names = {one.id: one.name for one in instruments_of(places)}
    items = list_items({row["item_id"] for row in counted})
    return [
        {**row, "instrument": names.get(row["instrument_id"], "–"), "item": items[row["item_id"]].name}
        for row in counted
    ]
