"""Joint consultations: apply, list, read, and the steps that may be taken now."""

import hashlib
from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import Query, Router

from huizhen.api.answers import answer, versioned
from huizhen.api.consult.joint.schemas import (
    ApplicationIn,
    ConsultationOut,
    ConsultationPage,
    ReceiptOut,
    State,
    Urgency,
    show,
    show_line,
    show_receipt,
)
from huizhen.api.operations import reads, writes
from huizhen.api.paging import page
from huizhen.api.problems import Problem
from huizhen.api.schemas import Limit
from huizhen.consult.joint import actions
from huizhen.consult.joint.flow import JOINT
from huizhen.consult.joint.sheets import access_sheet, list_sheets
from huizhen.kernel import clock
from huizhen.kernel.flow.queries import Filters, find_worklist
from huizhen.people.accounts.requests import actor_of
from huizhen.people.credentials.queries import is_specialty

router = Router()


@reads(router, "/{uuid:case_id}", ConsultationOut, tagged=True)
def get_consultation(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Read one consultation."""
    sheet = access_sheet(actor_of(request), case_id)
    return versioned(request, show(sheet, get_language() or ""), sheet.version)


@reads(router, "", ConsultationPage)
def list_consultations(
    request: HttpRequest,
    scope: Literal["mine", "team", "organisation", "part"] = "mine",
    state: list[State] = Query(default=[]),  # noqa: B008 - ninja's way
    urgency: Urgency | None = None,
    late: bool = False,
    closed: bool = False,
    after: str = "",
    limit: Limit = 20,
) -> HttpResponse:
    """List consultations, due first.

    `mine`: you must act; `team`: your teams must; `organisation`: of organisations you oversee; `part`: you take part.
    """
    filters = Filters(kinds=(JOINT.kind,), states=tuple(state), urgency=urgency or "", late=late, closed=closed)
    found = find_worklist(actor_of(request), scope, filters, after=after, limit=limit)
    sheets = list_sheets(actor_of(request), found.case_ids)
    language = get_language() or ""
    return answer(page(request, [show_line(sheet, language) for sheet in sheets], found.after))


@writes(router, "POST", "", ReceiptOut, status=201)
def apply(request: HttpRequest, application: ApplicationIn) -> HttpResponse:
    """Apply for a joint consultation. Sent twice under one key it is one application, also after the key's day."""
    if not is_specialty(application.specialty):
        raise Problem("invalid", errors=[{"field": "specialty", "code": "unknown_choice", "says": ""}])
    key = hashlib.sha256(request.META["HTTP_IDEMPOTENCY_KEY"].encode()).hexdigest()
    fields = application.model_dump() | {
        "document_ids": tuple(application.document_ids),
        "study_ids": tuple(application.study_ids),
    }
    made = actions.submit(actor_of(request), actions.Wanted(sent_key=f"api:{key}", **fields), at=clock.now())
    body = show_receipt(made.case)
    return versioned(request, body, made.case.version, status=201, Location=f"{request.path}/{made.case_id}")
