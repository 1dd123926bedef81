"""A record as FHIR: a copy to take along, and a bundle from elsewhere: looked at first, then brought in."""

from typing import Any
from uuid import UUID

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huizhen.console.errors import respond
from huizhen.console.records import shown, transcribed
from huizhen.console.records.uploads import read_ids
from huizhen.console.shapes import Badge
from huizhen.kernel import clock, files
from huizhen.kernel.access import Actor
from huizhen.people.accounts.requests import Request
from huizhen.records.fhir import access, actions, queries
from huizhen.records.fhir.pieces import read_content
from huizhen.records.fhir.results import list_words
from huizhen.records.fhir.rules import IMPERSONAL, PROBLEMS, REASONS
from huizhen.records.patients.access import access_patient, may_do
from huizhen.records.refused import Refused

# A copy is the whole record; nobody needs many of them in an hour.
COPIES = {"fhir_copy": "20/h/user"}
TONES = {"waiting": "waiting", "ready": "going", "refused": "ended"}
STATES = {"checking": "waiting", "checked": "urgent", "taking": "waiting", "taken": "going", "taken_back": "ended",
          "refused": "ended"}  # fmt: skip
MOST_AT_ONCE, MOST_SHOWN = 10, 500
KINDS: dict[str, Promise] = {
    "Patient": gettext_lazy("Patient"),
    "Organization": gettext_lazy("Organisation"),
    "Practitioner": gettext_lazy("Doctor"),
    "DocumentReference": pgettext_lazy("in a record", "Document"),
    "Binary": gettext_lazy("File"),
    "DiagnosticReport": gettext_lazy("Report of an examination"),
    "Observation": gettext_lazy("Result"),
    "ImagingStudy": gettext_lazy("Imaging study (without its images)"),
    "ServiceRequest": gettext_lazy("Request"),
    "Encounter": gettext_lazy("Visit"),
    "Consent": gettext_lazy("Consent"),
    "Condition": gettext_lazy("Diagnosis"),
    "AllergyIntolerance": gettext_lazy("Allergy"),
    "Procedure": gettext_lazy("Procedure"),
    "Immunization": gettext_lazy("Vaccination"),
    "MedicationStatement": gettext_lazy("Medicine taken"),
    "MedicationRequest": gettext_lazy("Prescription"),
}


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
    rows = [copy(one) for one in access.list_copies(request.actor, patient, at=clock.now())]
    context = {
        "crumbs": shown.crumbs(request.actor, patient, _("Take along or bring in")),
        "exports": rows,
        "imports": [offered(one) for one in queries.list_imports(patient)],
        "bring": reverse("fhir-import-new", args=[patient.id])
        if may_do(request.actor, patient, "add", at=clock.now())
        else "",
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


def offered(row: Any) -> dict[str, Any]:
    """One bundle that was brought, in a line."""
    return {
        "at": row.started_at, "who": str(row.started_by), "source": row.source or row.file.name,
        "state": Badge(row.get_state_display(), STATES[row.state]), "href": reverse("fhir-import", args=[row.id]),
        "count": ngettext("%(n)d entry", "%(n)d entries", row.taken) % {"n": row.taken} if row.taken else "",
    }  # fmt: skip


@login_required
@require_POST
def bring(request: Request, patient_id: UUID) -> HttpResponse:
    """Offer uploaded bundles to the record; of one the preview follows, of several the list."""
    patient = access_patient(request.actor, patient_id, to="add")
    try:
        runs = [
            actions.start_import(patient, file_id, actor=request.actor, at=clock.now())
            for file_id in read_ids(request)[:MOST_AT_ONCE]
        ]
    except Refused as refused:
        messages.error(request, " ".join(refused.sentences().values()))
        return redirect("fhir", patient.id)
    if len(runs) == 1:
        return redirect("fhir-import", runs[0].id)
    if not runs:
        messages.error(request, _("Choose a file first, and wait until it is uploaded."))
    return redirect("fhir", patient.id)


@login_required
@require_http_methods(["GET", "POST"])
def bundle(request: Request, bundle_id: UUID) -> HttpResponse:
    """What would be taken, what is here already, what is refused and why; and the word to take it."""
    run = access.access_import(request.actor, bundle_id)
    if request.method == "POST":
        try:
            actions.confirm_import(run, actor=request.actor, at=clock.now())
        except Refused as refused:
            messages.error(request, " ".join(refused.sentences().values()))
        return redirect("fhir-import", run.id)
    context = {
        "crumbs": shown.crumbs(request.actor, run.patient, _("Bring in")), "run": run,
        "waits": run.state in ("checking", "taking"), "why": PROBLEMS.get(run.problem, ""),
        "patient": reverse("patient-timeline", args=[run.patient_id]), "back": reverse("fhir", args=[run.patient_id]),
        **sorted_out(run.verdicts or []), **brought(run, request.actor),
    }  # fmt: skip
    return render(request, "records/fhir/_import.html" if request.htmx else "records/fhir/import.html", context)


@login_required
@require_POST
def take_back(request: Request, bundle_id: UUID) -> HttpResponse:
    """Take back what a bundle has brought by mistake."""
    run = access.access_import(request.actor, bundle_id, to="take_back")
    try:
        stays = actions.take_back(run, reason=request.POST.get("reason", ""), actor=request.actor, at=clock.now())
    except Refused as refused:
        messages.error(request, " ".join(refused.sentences().values()))
    else:
        done = ngettext("Taken back. %(n)d entry stays, because a case rests on it.",
                        "Taken back. %(n)d entries stay, because a case rests on them.", len(stays))  # fmt: skip
        messages.success(request, done % {"n": len(stays)} if stays else _("Taken back. Everybody sees who did it."))
    return redirect("fhir-import", run.id)


def brought(run: Any, actor: Actor) -> dict[str, Any]:
    """What a bundle has brought, piece by piece: where it is read, and which case rests on it."""
    if run.state not in ("taken", "taken_back"):
        return {"pieces": [], "can_take_back": False}
    found = queries.list_pieces_of(run)
    held = queries.find_held(found)
    rows = [
        {
            "title": one.title or str(KINDS.get(one.kind, one.kind)), "what": KINDS.get(one.kind, one.kind),
            "on": one.on, "case": held.get(one.id, ""), "is_gone": one.taken_back_at is not None,
            "href": "" if one.taken_back_at else reverse("document", args=[one.document_id]) if one.document_id
            else reverse("fhir-piece", args=[one.id]),
        }
        for one in found if one.kind not in IMPERSONAL
    ]  # fmt: skip
    return {
        "pieces": rows[:MOST_SHOWN],
        "take": [],  # in the place of what stood there to be taken
        "can_take_back": run.state == "taken"
        and any(not row["case"] for row in rows)
        and access.may_take_back(actor, run),
    }


def sorted_out(verdicts: list[dict[str, Any]]) -> dict[str, Any]:
    """The verdicts by what becomes of the entries, each in words; of long lists the beginning."""
    lines = [
        {**one, "what": KINDS.get(one["kind"], one["kind"]), "says": REASONS.get(one["code"], "")} for one in verdicts
    ]
    by = {name: [one for one in lines if one["outcome"] == name] for name in ("take", "refused")}
    return {
        "take": by["take"][:MOST_SHOWN], "takes": len(by["take"]),
        "refused": by["refused"][:MOST_SHOWN], "refuses": len(by["refused"]),
        "here": sum(one["outcome"] == "here" and one["kind"] != "Patient" for one in verdicts),
    }  # fmt: skip


@login_required
@require_GET
def piece(request: Request, piece_id: UUID) -> HttpResponse:
    """One piece that was brought in: what it says, and where it comes from."""
    found = access.access_piece(request.actor, piece_id)
    content = read_content(found)
    context = {
        "crumbs": shown.crumbs(request.actor, found.patient, found.title or str(KINDS.get(found.kind, found.kind))),
        "piece": found, "what": KINDS.get(found.kind, found.kind), "who": str(found.run.started_by),
        "lines": [
            {"name": one.name, "value": one.value, "unit": one.unit, "range": one.range,
             "sign": transcribed.SIGNS[one.flag] if one.flag else ""}
            for one in queries.list_results(found, content)
        ],
        "notes": list_words(content),
    }  # fmt: skip
    return render(request, "records/fhir/piece.html", context)
