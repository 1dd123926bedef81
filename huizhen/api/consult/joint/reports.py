"""The report: the chair's draft, its approval, and the signed file."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer, download
from huizhen.api.consult.joint.access import enter
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import In, Moment, Out, Text
from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_report
from huizhen.consult.joint.flow import CHAIR, READ
from huizhen.consult.joint.queries import get_report, get_report_in_work
from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.kernel.flow.language import Refused
from huizhen.people.accounts.requests import actor_of

router = Router()


class ParagraphIO(In):
    """A paragraph, and the opinions (by id) it rests on: kept where they say one of its sentences."""

    text: Text
    sources: list[str] = Field(default=[], max_length=50)


class DraftIn(In):
    """What the chair edits. Dissent is kept as the experts signed it. `transfer`: a referral to hospital is advised."""

    conclusion: list[ParagraphIO] = Field(max_length=100)
    advice: list[ParagraphIO] = Field(max_length=100)
    transfer: bool = False


class DissentOut(Out):
    """An expert who does not go along, in the expert's words."""

    opinion: str
    stance: str
    reason: str
    text: str
    marked_by_chair: bool


class DraftOut(Out):
    """The report in work."""

    version: int
    conclusion: list[ParagraphIO]
    advice: list[ParagraphIO]
    dissents: list[DissentOut]
    transfer: bool
    updated_at: Moment
    approved_at: Moment | None


class ReportOut(Out):
    """The signed report in its latest version; `file` is its address."""

    version: int
    approved_at: Moment
    signed_at: Moment
    size: int
    file: str


@reads(router, "/{uuid:case_id}/report", ReportOut)
def get_signed_report(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Read what there is to know of the signed report."""
    report = _signed(request, case_id)
    return answer(
        {
            "version": report.version,
            "approved_at": report.approved_at,
            "signed_at": report.signed_at,
            "size": report.file.size,
            "file": f"{request.path}/file",
        }
    )


@reads(router, "/{uuid:case_id}/report/file", None)
def download_report(request: HttpRequest, case_id: UUID) -> FileResponse:
    """Download the signed report (PDF)."""
    return download(access_report(actor_of(request), case_id).file)


@reads(router, "/{uuid:case_id}/report/draft", DraftOut)
def get_draft(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Read the draft; for the chair."""
    sheet = access_sheet(actor_of(request), case_id, to=CHAIR)
    report = get_report_in_work(sheet.application_id)
    if report is None:
        raise Refused("no_draft")
    return answer(_show(report))


@writes(router, "PATCH", "/{uuid:case_id}/report/draft", DraftOut, matches=True)
def save_draft(request: HttpRequest, case_id: UUID, draft: DraftIn) -> HttpResponse:
    """Keep the draft; for the chair."""
    enter(request, case_id, to=CHAIR)
    return answer(_show(actions.save_report(actor_of(request), case_id, draft.model_dump(), at=clock.now())))


@writes(router, "POST", "/{uuid:case_id}/report/approval", DraftOut, status=202, matches=True)
def approve_report(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Approve the draft; the file is made, signed and delivered by a job."""
    enter(request, case_id, to=CHAIR)
    return answer(_show(actions.approve_report(actor_of(request), case_id, at=clock.now())), status=202)


def _signed(request: HttpRequest, case_id: UUID) -> Any:
    sheet = access_sheet(actor_of(request), case_id, to=READ)
    report = get_report(sheet.application_id) if sheet.is_report_open else None
    if report is None:
        raise NotVisible(case_id)
    return report


def _show(report: Any) -> dict[str, Any]:
    return {
        "version": report.version,
        "conclusion": report.content.get("conclusion", []),
        "advice": report.content.get("advice", []),
        "dissents": report.content.get("dissents", []),
        "transfer": bool(report.content.get("transfer")),
        "updated_at": report.updated_at,
        "approved_at": report.approved_at,
    }
