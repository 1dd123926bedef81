"""A record as FHIR: a copy to take along."""

from typing import Any
from uuid import UUID

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from huizhen.console.errors import respond
from huizhen.console.records import shown
from huizhen.console.shapes import Badge
from huizhen.kernel import clock, files
from huizhen.people.accounts.requests import Request
from huizhen.records.fhir import access, actions, queries
from huizhen.records.fhir.rules import PROBLEMS

# A copy is the whole record; nobody needs many of them in an hour.
COPIES = {"fhir_copy": "20/h/user"}
TONES = {"waiting": "waiting", "ready": "going", "refused": "ended"}


@login_required
@require_http_methods(["GET", "POST"])
def copies(request: Request, patient_id: UUID) -> HttpResponse:
    """Order a copy, see how far it is, save it."""
    patient = access.access_copy(request.actor, patient_id)
    if request.method == "POST":
        if ratelimit.consume(request, app="huizhen.console", action="fhir_copy", config=COPIES) is None:
            return respond(request, 429)
        actions.order_export(
            patient, with_files=bool(request.POST.get("with_files")), actor=request.actor, at=clock.now()
        )
        return redirect("fhir", patient.id)
    rows = [copy(one) for one in queries.list_exports(patient, request.actor.account_id, at=clock.now())]
    context = {
        "crumbs": shown.crumbs(request.actor, patient, _("Take along or bring in")),
        "exports": rows,
        "waits": any(one["waits"] for one in rows),
    }
    return render(request, "records/fhir/_exports.html" if request.htmx else "records/fhir/copies.html", context)


def copy(row: Any) -> dict[str, Any]:
    """One copy in words."""
    about = [
        ngettext("%(n)d entry", "%(n)d entries", row.entries) % {"n": row.entries} if row.entries else "",
        _("with files") if row.with_files else _("without files"),
        shown.size(row.file.size) if row.file else "",
    ]
    short = ngettext("%(n)d file was too large to travel; its name and digest stand in the copy.",
                     "%(n)d files were too large to travel; their names and digests stand in the copy.",
                     row.left_out)  # fmt: skip
    return {
        "asked_at": row.asked_at, "until": row.until, "about": " · ".join(filter(None, about)),
        "state": Badge(row.get_state_display(), TONES[row.state]), "waits": row.state == "waiting",
        "why": PROBLEMS.get(row.problem, ""), "short": short % {"n": row.left_out} if row.left_out else "",
        "href": reverse("fhir-export-file", args=[row.id]) if row.state == "ready" else "",
    }  # fmt: skip


@login_required
@require_GET
def save(request: Request, export_id: UUID) -> FileResponse:
    """The copy as a file."""
    file: Any = access.access_export(request.actor, export_id, to="save").file
    return FileResponse(files.open_file(file), headers=files.headers_for_download(file))
