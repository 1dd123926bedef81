"""What the viewer in the browser asks for: the stack of a series, its frames as numbers, and the key images."""

import gzip
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseNotModified, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from huizhen.console.records import measures, shown
from huizhen.kernel import clock
from huizhen.kernel.late import Late
from huizhen.people.accounts.requests import Request
from huizhen.records.imaging import access, actions, queries
from huizhen.records.imaging.facts import BadImage, Window
from huizhen.records.refused import Refused

anonymous: Any = Late("huizhen.records.imaging.anonymous")

# Kept by the reader's own browser and asked about every time: the consent may be gone.
CACHE = "private, no-cache"
SQUEEZED_FROM = 1 << 14  # bytes


@login_required
@require_GET
def stack(request: Request, series_id: UUID) -> HttpResponse:
    """The frames of a series in the order one scrolls: address, place along the normal in mm."""
    series = access.access_series(request.actor, series_id)
    # One address is made by the table of addresses, a thousand others by its pattern.
    begin = reverse("raw", args=[series.id, 0]).removesuffix(f"{series.id}/0")
    found = [[f"{begin}{one.instance_id}/{one.index}", one.position] for one in queries.list_frames(series.id)]
    return JsonResponse(
        {"series": series.id, "study": series.study_id, "modality": series.modality, "frames": found},
        headers={"Cache-Control": CACHE},
    )


@login_required
@require_GET
def raw(request: Request, instance_id: UUID, index: int) -> HttpResponse:
    """One frame as numbers, squeezed where the browser takes it so."""
    instance = access.access_instance(request.actor, instance_id)
    if index >= instance.frames:
        raise Http404
    headers = {
        "Cache-Control": CACHE, "Vary": "Cookie, Accept-Encoding", "X-Content-Type-Options": "nosniff",
        "ETag": queries.get_etag(instance, index, "raw", None, None, "bin"),
    }  # fmt: skip
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponseNotModified(headers=headers)
    try:
        data = queries.get_raw(instance, index)
    except BadImage:
        return HttpResponse(status=422)
    if len(data) >= SQUEEZED_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        data, headers["Content-Encoding"] = gzip.compress(data, 1, mtime=0), "gzip"
    return HttpResponse(data, content_type="application/octet-stream", headers=headers)


@login_required
@require_POST
def mark(request: Request, case_id: UUID) -> HttpResponse:
    """Mark the image that is shown (`n`, from 1, of `series`) in a case, under the window it is seen with."""
    sent = request.POST
    series = access.access_series(request.actor, shown.as_uuid(sent.get("series", "")), asked_for=case_id)
    at = queries.get_frame_at(series.id, int(sent["n"]) if sent.get("n", "").isdecimal() else 0)
    if at is None:
        raise Http404
    instance = access.access_image_to_mark(request.actor, at.instance_id, case_id)
    why = ""
    try:
        actions.mark_image(
            instance, case_id, index=at.index, window=read_window(sent.get("center"), sent.get("width")),
            note=sent.get("note", "").strip(), drawn=measures.drawn_on(request.actor, instance, at.index, case_id)[0],
            actor=request.actor, at=clock.now(),
        )  # fmt: skip
    except Refused as refused:
        why = " ".join(refused.sentences().values())
    return show_marks(request, case_id, instance.series.study, why)


@login_required
@require_POST
def unmark(request: Request, mark_id: UUID) -> HttpResponse:
    """Take a mark back."""
    found = access.access_mark(request.actor, mark_id)
    actions.unmark_image(found, actor=request.actor, at=clock.now())
    return show_marks(request, found.case_id, found.instance.series.study)


def show_marks(request: Request, case_id: UUID, study: Any, why: str = "") -> HttpResponse:
    """The list of key images anew."""
    context = {**marks_of(request.actor, study, case_id), "why": why}
    return render(request, "records/imaging/_marks.html", context)


def marks_of(actor: Any, study: Any, case_id: UUID | None) -> dict[str, Any]:
    """What the viewer shows of key images: none without a case, or for somebody who takes no part in it."""
    if case_id is None or not access.may_mark(actor, study, case_id, access.SEE_MARKS):
        return {"marks": [], "marks_case": None, "can_mark": False}
    # Of the other studies too: one of them may lie beside this one.
    readable = {study.id, *(one.id for one in access.list_others(actor, study))}
    marks = [
        {
            "id": one.id, "note": one.note, "who": one.marked_by.name, "mine": True,
            "series": reverse("series", args=[one.instance.series_id]),
            "thumb": reverse("marked", args=[one.id]),
        }
        for one in queries.list_key_images(case_id)
        if one.instance.series.study_id in readable
    ]  # fmt: skip
    return {"marks": marks, "marks_case": case_id, "can_mark": access.may_mark(actor, study, case_id)}


@login_required
@require_GET
def marked(request: Request, mark_id: UUID) -> HttpResponse:
    """The small picture of a key image; what was measured on it is seen by who may see measurements."""
    found = access.access_marked(request.actor, mark_id)
    measured = measures.sees(request.actor, found)
    tag = f'"{found.id.hex}{"" if measured else "-plain"}"'
    headers = {"Cache-Control": CACHE, "Vary": "Cookie", "ETag": tag, "X-Content-Type-Options": "nosniff"}
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers=headers)
    try:
        picture = queries.get_marked_picture(found, 160, measured=measured)
    except BadImage:
        return HttpResponse(status=422)
    return HttpResponse(picture.data, content_type=picture.media_type, headers=headers)


@login_required
@require_GET
def copy(request: Request, study_id: UUID) -> StreamingHttpResponse:
    """The study without the patient's identity, as a zip of DICOM files for an expert outside, sent as it is made."""
    study = access.access_study_copy(request.actor, study_id)
    answer = StreamingHttpResponse(anonymous.pack(study.id), content_type="application/zip")
    answer["Content-Disposition"] = content_disposition_header(True, "anonymous.zip") or ""
    answer["Cache-Control"] = "no-store"
    return answer


def read_window(center: str | None, width: str | None) -> Window | None:
    """The window a viewer reports; None for the image's own, or for what is no window."""
    try:
        found = Window(float(center or ""), float(width or ""))
    except ValueError:
        return None
    return found if abs(found.center) < 1e6 and 0 < found.width < 1e6 else None
