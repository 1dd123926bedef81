"""Measurements in the viewer: kept as they are drawn, listed under the image, taken back and brought back."""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from huizhen.console.records import shown
from huizhen.kernel import clock
from huizhen.people.accounts.requests import Request
from huizhen.records.imaging.access import access_series
from huizhen.records.imaging.facts import BadImage
from huizhen.records.imaging.queries import list_frames
from huizhen.records.measures import access, actions
from huizhen.records.measures.queries import channel_of, drawn, lines_of
from huizhen.records.refused import Refused

MOST_CHARACTERS = 400  # of points as JSON
ELSEWHERE = "changed_elsewhere"


@login_required
@require_GET
def measures(request: Request, series_id: UUID) -> HttpResponse:
    """The measurements on a series: numbers for the viewer, a list for the page."""
    case_id = shown.case_of(request.GET.get("case", ""))
    series = access_series(request.actor, series_id, asked_for=case_id)
    if request.htmx:
        return show(request, series, case_id)
    return tell(request, series, case_id)


@login_required
@require_POST
def draw(request: Request) -> HttpResponse:
    """Keep a measurement under the key that the browser made for it."""
    sent = request.POST
    case_id = shown.case_of(sent.get("case", ""))
    instance = access.access_instance_to_measure(request.actor, shown.as_uuid(sent.get("instance", "")), case_id)
    key, index = shown.as_uuid(sent.get("key", "")), sent.get("index", "")

    def act() -> None:
        actions.draw(
            instance, case_id, key=key, index=int(index) if index.isdecimal() else -1, kind=sent.get("kind", ""),
            points=read_points(sent.get("points", "")), actor=request.actor, at=clock.now(),
        )  # fmt: skip

    return answered(request, instance.series, case_id, act)


@login_required
@require_POST
def change(request: Request, measure_id: UUID) -> HttpResponse:
    """Move its points, if it is still the version that was looked at."""
    found, sent = access.access_measure(request.actor, measure_id), request.POST
    case_id, version = asked_from(request, found), sent.get("version", "")

    def act() -> None:
        actions.change(
            found, points=read_points(sent.get("points", "")), version=int(version) if version.isdecimal() else 0,
            actor=request.actor, at=clock.now(),
        )  # fmt: skip

    return answered(request, found.instance.series, case_id, act)


@login_required
@require_POST
def remove(request: Request, measure_id: UUID) -> HttpResponse:
    """Take one's own measurement back."""
    found = access.access_measure(request.actor, measure_id)
    case_id = asked_from(request, found)
    actions.take_back(found, actor=request.actor, at=clock.now())
    return after(request, found, case_id, undo=found.id)


@login_required
@require_POST
def restore(request: Request, measure_id: UUID) -> HttpResponse:
    """Undo that."""
    found = access.access_measure(request.actor, measure_id)
    case_id = asked_from(request, found)
    actions.bring_back(found, actor=request.actor, at=clock.now())
    return after(request, found, case_id)


def asked_from(request: Request, measure: Any) -> UUID | None:
    """The case whose measurements the answer lists. Where it is not the measurement's own, its consent is asked too.
    Raises NotVisible."""
    case_id = shown.case_of(request.POST.get("case", ""))
    if case_id is not None and case_id != measure.case_id:
        access_series(request.actor, measure.instance.series_id, asked_for=case_id)
    return case_id


def after(request: Request, measure: Any, case_id: UUID | None, *, undo: UUID | None = None) -> HttpResponse:
    """What stands now, as the one who asks reads it."""
    if request.htmx:
        return show(request, measure.instance.series, case_id, undo=undo)
    return tell(request, measure.instance.series, case_id)


def answered(request: Request, series: Any, case_id: UUID | None, act: Callable[[], None]) -> HttpResponse:
    """Do it, and say what stands now; a refusal says why, and what stands all the same."""
    try:
        act()
    except Refused as refused:
        status = 409 if ELSEWHERE in refused.errors.values() else 422
        return tell(request, series, case_id, why=" ".join(refused.sentences().values()), status=status)
    except BadImage:
        return tell(request, series, case_id, status=422)
    return tell(request, series, case_id)


def tell(request: Request, series: Any, case_id: UUID | None, *, why: str = "", status: int = 200) -> JsonResponse:
    """The measurements as numbers, by the address of their frame."""
    rows = [
        {
            "id": row.id, "key": row.key, "frame": reverse("raw", args=[row.instance_id, row.index]),
            "kind": row.kind, "points": row.content["points"], "lines": lines_of(row.content["figures"]),
            "version": row.version, "mine": row.drawn_by_id == request.actor.account_id,
        }
        for row in access.list_measures(request.actor, series, case_id)
    ]  # fmt: skip
    told = {"series": series.id, "measures": rows, "why": why}
    return JsonResponse(told, status=status, headers={"Cache-Control": "no-store"})


def show(request: Request, series: Any, case_id: UUID | None, *, undo: UUID | None = None) -> HttpResponse:
    """The list under the image."""
    context = {**context_of(request.actor, series, case_id), "undo": undo}
    return render(request, "records/imaging/_measures.html", context)


def context_of(actor: Any, series: Any, case_id: UUID | None) -> dict[str, Any]:
    """The list of measurements, and whether the reader adds to it; nothing for somebody who does neither."""
    draws, sees = access.may_draw(actor, series.study, case_id), access.sees_all(actor, series.study, case_id)
    if not draws and not sees:
        return {"measures_at": "", "measures_live": ""}
    at = f"{reverse('measures', args=[series.id])}?case={case_id or ''}"
    rows = access.list_measures(actor, series, case_id)
    return {
        "measures_at": at, "measures_any": at.replace(str(series.id), "{series}"), "drawn": f"&drawn={case_id or ''}",
        "draws": reverse("measure-draw") if draws else "", "measures": lines(actor, series, rows),
        "measures_case": case_id or "", "measures_live": channel_of(case_id) if sees and case_id else "",
    }  # fmt: skip


def lines(actor: Any, series: Any, rows: Iterable[Any]) -> list[dict[str, Any]]:
    """The rows of the list: on which image, what, how much, and whose."""
    rows = list(rows)
    frames = list_frames(series.id) if rows else []
    places = {(one.instance_id, one.index): n for n, one in enumerate(frames, 1)}
    found = [
        {
            "id": row.id, "n": places.get((row.instance_id, row.index), 1), "kind": row.get_kind_display(),
            "text": " · ".join(lines_of(row.content["figures"])), "who": row.drawn_by.name,
            "mine": row.drawn_by_id == actor.account_id, "href": reverse("series", args=[series.id]),
        }
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: one["n"])


def sees(actor: Any, mark: Any) -> bool:
    """Whether somebody sees what was measured on a key image before it goes out on the report's paper."""
    own = mark.marked_by_id == actor.account_id
    return own or access.sees_all(actor, mark.instance.series.study, mark.case_id)


def drawn_on(actor: Any, instance: Any, index: int, case_id: UUID | None) -> tuple[list[Any], str]:
    """What is drawn on one frame for this reader, and a tag that changes with it."""
    rows = access.list_on(actor, instance, index, case_id)
    tag = hashlib.sha256(" ".join(f"{row.id}:{row.version}" for row in rows).encode()).hexdigest()[:12] if rows else ""
    return drawn(rows), tag


def read_points(text: str) -> Any:
    """The points as they were sent; None for what is no JSON."""
    try:
        return json.loads(text[:MOST_CHARACTERS])
    except ValueError:
        return None
