"""Images: bring them in, see how far that is, scroll through a series."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huizhen.console.frame import hear
from huizhen.console.records import measures, reading, shown
from huizhen.console.records.uploads import list_kept, read_ids
from huizhen.kernel import clock
from huizhen.people.accounts.requests import Request
from huizhen.records.imaging import access, actions, queries
from huizhen.records.imaging.facts import PRESETS, BadImage
from huizhen.records.imaging.rules import PROBLEMS, TROUBLES
from huizhen.records.patients.access import access_patient
from huizhen.records.refused import Refused

# Kept by the reader's own browser and asked about every time: the consent may be gone.
CACHE = "private, no-cache"
LARGEST = 4096


@login_required
@require_http_methods(["GET", "POST"])
def bring(request: Request, patient_id: UUID) -> HttpResponse:
    """Start an import of uploaded DICOM files or zips of them; with `more`, of the first of them."""
    patient = access_patient(request.actor, patient_id, to="add")
    ids, wrong, more = read_ids(request), {}, bool(request.POST.get("more"))
    if request.method == "POST" and "without" not in request.GET:
        try:
            run = actions.start_import(patient, ids, actor=request.actor, at=clock.now(), more=more)
        except Refused as refused:
            wrong = refused.sentences()
        else:
            there = reverse("import", args=[run.id])
            return JsonResponse({"progress": there, "add": f"{there}files/"}) if more else redirect(there)
    context = {
        "crumbs": shown.crumbs(request.actor, patient, _("Add images")), "back": reverse("patient", args=[patient.id]),
        "archive": reverse("archive", args=[patient.id]),
        "kept": list_kept(ids, request.actor), "wrong": list(wrong.values()),
    }  # fmt: skip
    return render(request, "records/imaging/new.html", context, status=400 if wrong else 200)


@login_required
@require_POST
def add(request: Request, import_id: UUID) -> HttpResponse:
    """Give a running import the uploads that have arrived since; `last` when that was all."""
    run = access.access_import(request.actor, import_id)
    access_patient(request.actor, run.patient_id, to="add")
    try:
        actions.add_files(
            run, read_ids(request), actor=request.actor, at=clock.now(), last=bool(request.POST.get("last"))
        )
    except Refused as refused:
        return JsonResponse({"why": " ".join(refused.sentences().values())}, status=422)
    return HttpResponse(status=204)


@login_required
@require_GET
def progress(request: Request, import_id: UUID) -> HttpResponse:
    """How far an import is, and at its end what came of it; every broken file by its name."""
    run = access.access_import(request.actor, import_id)
    problems = [
        {"name": one.name, "why": PROBLEMS.get(one.code, PROBLEMS["damaged"])} for one in queries.list_problems(run.id)
    ]
    context = {
        "run": run,
        "crumbs": shown.crumbs(request.actor, run.patient, _("Images on their way")),
        "problems": problems,
        "series": shown.series(queries.list_imported(run.id)) if run.kept or run.ended_at else [],
        "trouble": TROUBLES.get(run.trouble, ""),
        "patient": reverse("patient", args=[run.patient_id]),
    }
    page = "records/imaging/_import.html" if request.htmx else "records/imaging/import.html"
    return render(request, page, context)


@login_required
@require_GET
def series(request: Request, series_id: UUID) -> HttpResponse:
    """The viewer of one series."""
    asked = request.GET.get("case", "")
    found = access.access_series(request.actor, series_id, asked_for=shown.case_of(asked))
    study, count = found.study, queries.count_frames(found.id)
    label = shown.label_of(study, found)
    tiles = shown.series([study])
    here = reverse("series", args=[found.id])
    context = {
        "crumbs": shown.crumbs_from(request.actor, asked, study.patient, label),
        "series": {
            "id": found.id,
            "base": shown.frames_base(found.id),
            "stack": reverse("stack", args=[found.id]),
            "count": count,
            "start": read_place(request.GET.get("n", ""), count),
            "window": "auto",
            "windows": windows(found.modality),
            "patient": shown.name_and_line(request.actor, study.patient, clock.now()),
            "about": " ".join(filter(None, [found.modality, shown.day(study.taken_on)])),
            "label": label,
        },
        "warnings": next((one.faults for one in tiles if one.href == here), ()),
        "tiles": [{"tile": one, "here": one.href == here, "stack": f"{one.href}stack.json"} for one in tiles],
        "others": shown.series_by_day(access.list_others(request.actor, study)),
        "copy": reverse("study-copy", args=[study.id]),
        "case": asked,
        **reading.marks_of(request.actor, study, shown.case_of(asked)),
        **measures.context_of(request.actor, found, shown.case_of(asked)),
    }
    if context["measures_live"]:
        hear(request, context["measures_live"])
    return render(request, "records/imaging/series.html", context)


def read_place(text: str, count: int) -> int:
    """The image to begin with: the one asked for, else the middle one."""
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    return asked if 1 <= asked <= count else (count + 1) // 2


def windows(modality: str) -> list[dict[str, Any]]:
    """The presets that make sense: Hounsfield units exist in CT only."""
    names = {
        "lung": _("Lung"), "mediastinum": _("Mediastinum"), "bone": _("Bone"), "brain": pgettext("window", "Brain"),
    }  # fmt: skip
    presets = (
        [{"code": code, "label": names[code], "center": w.center, "width": w.width} for code, w in PRESETS.items()]
        if modality == "CT"
        else []
    )
    return [{"code": "auto", "label": _("As recorded")}, *presets]


@login_required
@require_GET
def frame(request: Request, series_id: UUID, n: int) -> HttpResponse:
    """Image `n` (from 1) of a series as PNG; access is asked for each one, before the browser's copy may be used.
    With `drawn` it carries the measurements that this reader may see, of the case named so and the own ones."""
    at = queries.get_frame_at(series_id, n)
    if at is None:
        raise Http404
    case_id = shown.case_of(request.GET.get("drawn", ""))
    instance = access.access_instance(request.actor, at.instance_id, asked_for=case_id)
    preset, size = request.GET.get("window") or "auto", read_size(request.GET.get("size", ""))
    if preset not in PRESETS and preset != "auto":
        raise Http404
    drawn: list[Any] = []
    tag = ""
    if "drawn" in request.GET:
        drawn, tag = measures.drawn_on(request.actor, instance, at.index, case_id)
    headers = {
        "Cache-Control": CACHE, "Vary": "Cookie",
        "ETag": queries.get_etag(instance, at.index, preset, None, size, f"png{tag}"),
        "Content-Disposition": "inline", "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponseNotModified(headers=headers)
    try:
        picture = queries.get_picture(instance, at.index, preset=preset, size=size, drawn=drawn)
    except BadImage:
        return HttpResponse(status=422)
    return HttpResponse(picture.data, content_type=picture.media_type, headers=headers)


def read_size(text: str) -> int | None:
    """Pixels of the longer side; None for the size as recorded. What is no number is not there."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= LARGEST):
        raise Http404
    return int(text)
