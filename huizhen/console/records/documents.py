"""Documents of a patient: add, look at, save, take out of sight.

Pictures are shown as a fresh small copy made by us, never as the file that came; a PDF is only handed out as a
download. docs/security.md says why.
"""

import base64
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huizhen.console.records import shown, straightened, transcribed
from huizhen.console.records.forms import DocumentForm
from huizhen.console.records.said import say
from huizhen.console.records.uploads import list_kept, read_ids
from huizhen.kernel import clock, files
from huizhen.kernel.access import Actor
from huizhen.people.accounts.requests import Request
from huizhen.records.documents import access, actions, queries
from huizhen.records.documents.rules import BadFile
from huizhen.records.patients.access import access_patient
from huizhen.records.refused import Refused

SHOWN, SMALL = 1600, 160  # pixels of the longer side
AROUND = 10  # thumbnails


@login_required
@require_http_methods(["GET", "POST"])
def add(request: Request, patient_id: UUID) -> HttpResponse:
    """Put finished uploads into the record."""
    patient = access_patient(request.actor, patient_id, to="add")
    sent = request.method == "POST" and "without" not in request.GET
    form = DocumentForm(request.POST) if sent else DocumentForm(initial=request.POST.dict())
    ids = read_ids(request)
    if sent and not ids:
        form.add_error(None, _("Choose at least one file, and wait until it is uploaded."))
    if form.is_valid():
        try:
            count = len([add_one(form, patient, ids, place, request.actor) for place in range(len(ids))])
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, shown.added(count))
            return redirect("patient", patient.id)
    context = {
        "crumbs": shown.crumbs(request.actor, patient, _("Add documents")), "form": form,
        "back": reverse("patient", args=[patient.id]), "kept": list_kept(ids, request.actor),
    }  # fmt: skip
    return render(request, "records/documents/new.html", context, status=400 if form.errors else 200)


def add_one(form: DocumentForm, patient: Any, ids: list[UUID], place: int, actor: Actor) -> Any:
    """One of several files under one title, numbered. Raises Refused. A file that is there already stays as it is."""
    said = form.cleaned_data
    title = said["title"] if len(ids) == 1 else f"{said['title']} {place + 1}/{len(ids)}"
    return actions.add_document(
        patient, file_id=ids[place], kind=said["kind"], title=title, taken_on=said["taken_on"], actor=actor,
        at=clock.now(),
    )  # fmt: skip


@login_required
@require_GET
def document(request: Request, document_id: UUID) -> HttpResponse:
    """One document; its page is shown in the page itself, so that one look is one audit entry."""
    asked_for = shown.case_of(request.GET.get("case", ""))
    found = access.access_document(request.actor, document_id, asked_for=asked_for)
    page = page_asked(request, found)
    straight = straightened.state_of(request, found)
    context = {
        "crumbs": shown.crumbs_from(request.actor, request.GET.get("case", ""), found.patient, found.title),
        "document": found,
        "about": shown.document(found).about,
        "picture": picture_of(found, page, form=straight["form"] if straight else "shown"),
        "straight": straight,
        "page": page,
        "pages": thumbnails_of(found, page),
        "blocks": queries.list_blocks(found),
        "along": shown.along(asked_for, "&"),
        "transcript": transcribed.state_of(found, shown.along(asked_for)),
        "file": reverse("document-file", args=[found.id]) + shown.along(asked_for),
        "remove": reverse("document-remove", args=[found.id]) if access.may_remove(request.actor, found) else "",
    }
    return render(request, "records/documents/document.html", context)


def page_asked(request: Request, found: Any) -> int:
    """The page in the address, kept within the document."""
    asked = request.GET.get("page", "")
    return min(max(int(asked), 1), found.pages) if asked.isdecimal() and len(asked) < 6 else 1


def picture_of(found: Any, page: int = 1, turned: int = 0, form: queries.Form = "shown") -> str:
    """One page as a `data:` address; empty for what cannot be drawn."""
    try:
        data = queries.get_preview(found, SHOWN, page, turned, form)
    except BadFile:
        return ""
    return webp(data) if data else ""


def webp(data: bytes) -> str:
    """A picture as an address that is the picture itself."""
    return f"data:image/webp;base64,{base64.b64encode(data).decode()}"


def thumbnails_of(found: Any, page: int) -> list[dict[str, Any]]:
    """The pages around the one shown, small; nothing for a single page."""
    if found.pages < 2:
        return []
    first = max(1, min(page - AROUND // 2, found.pages - AROUND + 1))
    numbers = list(range(first, min(first + AROUND, found.pages + 1)))
    try:
        drawn = queries.list_thumbnails(found, SMALL, numbers)
    except BadFile:
        return []
    return [
        {"number": number, "picture": webp(data), "current": number == page}
        for number, data in zip(numbers, drawn, strict=True)
    ]


@login_required
@require_GET
def file(request: Request, document_id: UUID) -> FileResponse:
    """The file as it came, to be saved: never opened inside our own pages."""
    asked_for = shown.case_of(request.GET.get("case", ""))
    found = access.access_document(request.actor, document_id, asked_for=asked_for)
    return FileResponse(files.open_file(found.file), headers=files.headers_for_download(found.file))


@login_required
@require_POST
def arrange(request: Request, document_id: UUID) -> HttpResponse:
    """Show a photograph as it was taken from now on, or straight again."""
    found = access.access_document(request.actor, document_id, to="arrange")
    original = request.POST.get("original") == "yes"
    actions.show_original(found, original=original, actor=request.actor, at=clock.now())
    return redirect("document", found.id)


@login_required
@require_POST
def remove(request: Request, document_id: UUID) -> HttpResponse:
    """Take a document added by mistake out of sight."""
    found = access.access_document(request.actor, document_id, to="remove")
    actions.remove_document(found, actor=request.actor, at=clock.now())
    messages.success(request, _("The document is removed. It is kept locked away for as long as the law asks."))
    return redirect("patient", found.patient_id)
