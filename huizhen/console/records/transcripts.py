"""The results on a report: the original beside the table that was read, checked and confirmed by a person; and the
search over what was read."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from huizhen.console.errors import respond
from huizhen.console.records import documents, shown, transcribed
from huizhen.kernel import clock
from huizhen.kernel.flow.door import Stale
from huizhen.people.accounts.requests import Request
from huizhen.records.patients.access import access_patient
from huizhen.records.refused import Refused
from huizhen.records.transcripts import access, actions, queries


@login_required
@require_http_methods(["GET", "POST"])
def transcript(request: Request, document_id: UUID) -> HttpResponse:
    """Look at what was read, and confirm it."""
    sent, asked_for = request.method == "POST", shown.case_of(request.GET.get("case", ""))
    found = access.access_transcript(
        request.actor, document_id, to="confirm" if sent else "read", asked_for=asked_for
    )  # fmt: skip
    items, wrong = queries.list_items(found), ""
    if sent:
        items = transcribed.read_items(request.POST, items)
        try:
            seen = request.POST.get("seen", "")
            actions.confirm_transcript(
                found, items, seen=int(seen) if seen.isdecimal() else -1, actor=request.actor, at=clock.now()
            )
        except Refused as refused:
            wrong = refused.sentences()["items"]
        except Stale:
            return respond(request, 409)
        else:
            messages.success(request, _("The results are confirmed. They can now be searched and compared."))
            return redirect(reverse("transcript", args=[document_id]) + shown.along(asked_for))
    context = page_of(request, found, items, wrong)
    return render(request, "records/transcripts/transcript.html", context, status=400 if wrong else 200)


def page_of(request: Request, found: Any, items: list[Any], wrong: str) -> dict[str, Any]:
    """Everything on the page."""
    document = found.document
    page = documents.page_asked(request, document)
    may_confirm = access.may_confirm(request.actor, document)
    sheet, case = transcribed.sheet_of(found, page, items), request.GET.get("case", "")
    along, after = (shown.along(shown.case_of(case), sign) for sign in "?&")
    back = reverse("document", args=[document.id]) + along
    return {
        "crumbs": [*shown.crumbs_from(request.actor, case, document.patient, document.title)[:-1],
                   shown.Crumb(document.title, back), shown.Crumb(_("Results"))],
        "along": after,
        "document": document,
        "transcript": found,
        "problem": transcribed.PROBLEMS.get(found.problem, ""),
        "waiting": found.state in ("waiting", "reading"),
        "rows": transcribed.lines_of(items, spare=may_confirm),
        "signs": [(code, label) for code, label in transcribed.SIGNS.items()],
        "sheet": sheet,
        "picture": documents.picture_of(
            document, page, sheet["turned"] if sheet else 0, "straight" if found.straight else "taken"
        ),
        "page": page,
        "pages": range(1, document.pages + 1) if 1 < document.pages <= 20 else (),
        "warnings": transcribed.warnings_of(found, request.actor),
        "wrong": wrong,
        "may_confirm": may_confirm and bool(items or found.state != "waiting"),
        "again": reverse("transcript-again", args=[document.id]),
        "versions": queries.list_versions(found),
        "back": back,
    }  # fmt: skip


@login_required
@require_POST
def again(request: Request, document_id: UUID) -> HttpResponse:
    """Have it read once more."""
    found = access.access_transcript(request.actor, document_id, to="confirm")
    actions.read_again(found, actor=request.actor, at=clock.now())
    return redirect("transcript", document_id)


@login_required
@require_POST
def search(request: Request, patient_id: UUID) -> HttpResponse:
    """Documents of a patient by their words. Posted: what somebody looks for in a record belongs into no address."""
    patient = access_patient(request.actor, patient_id)
    text = request.POST.get("q", "").strip()[:100]
    found = access.search_documents(request.actor, patient, text) if text else []
    context = {
        "crumbs": shown.crumbs(request.actor, patient, _("Search the record")), "query": {"q": text},
        "documents": [shown.document(one) for one in found], "patient": {"id": patient.id},
    }  # fmt: skip
    return render(request, "records/transcripts/search.html", context)
