"""Signing the report beside its chair, sending it back, correcting a delivered one; every signed version is kept."""

from typing import Any, Literal
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer, download, nothing
from huizhen.api.consult.joint.access import enter
from huizhen.api.consult.joint.schemas import ReasonIn
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import In, Line, Moment, Out, Reference
from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_joint, access_report
from huizhen.consult.joint.flow import CHAIR, COORDINATE, COSIGN, OPINE, READ
from huizhen.consult.joint.queries import list_cosignatures, list_signed_reports
from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import actor_of

router = Router()


class CosignatureOut(Out):
    """Somebody asked to sign the version in work. `required`: by the department's rule."""

    expert: Reference
    state: Literal["waiting", "signed", "passed"]
    required: bool
    answered_at: Moment | None


class WishIn(In):
    """Whether your signature shall stand on the report too."""

    wishes: bool


class CosigningIn(In):
    """Sign, leave it to the others, or send the report back with a reason."""

    answer: Literal["sign", "pass", "object"]
    reason: Line = ""


class ReleaseIn(ReasonIn):
    """Who cannot sign, and why."""

    expert_id: UUID


class VersionOut(Out):
    """A signed version. `code` is printed on it and verifies it; `corrects`: the version it replaces, and why."""

    version: int
    signed_at: Moment
    code: str = Field(examples=["K7QM2F9RXW3D"])
    size: int
    file: str
    corrects: int | None
    correction_reason: str


@reads(router, "/{uuid:case_id}/cosignatures", list[CosignatureOut])
def list_case_cosignatures(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """List who signs the version in work; for its experts and the centre."""
    sheet = access_sheet(actor_of(request), case_id, to=READ)
    if sheet.audience == "patient" or set(sheet.capacities) == {"invitee"}:
        raise NotVisible(case_id)
    return answer(
        [
            {
                "expert": {"id": one.expert_id, "name": str(one.expert)}, "state": str(one.state),
                "required": one.required, "answered_at": one.answered_at,
            }
            for one in list_cosignatures(sheet.application_id)
        ]
    )  # fmt: skip


@writes(router, "POST", "/{uuid:case_id}/cosigning/wish", None, status=204, matches=True)
def wish_to_cosign(request: HttpRequest, case_id: UUID, wish: WishIn) -> HttpResponse:
    """Say that your signature shall stand on the report too, or no longer."""
    enter(request, case_id, to=OPINE)
    actions.wish_to_cosign(actor_of(request), case_id, wishes=wish.wishes)
    return nothing()


@writes(router, "POST", "/{uuid:case_id}/cosigning/answer", None, status=204, matches=True)
def answer_cosigning(request: HttpRequest, case_id: UUID, given: CosigningIn) -> HttpResponse:
    """Sign the approved report beside its chair, pass, or object with a reason."""
    enter(request, case_id, to=COSIGN)
    actor, at = actor_of(request), clock.now()
    if given.answer == "object":
        actions.object_report(actor, case_id, reason=given.reason, at=at)
    else:
        {"sign": actions.cosign, "pass": actions.pass_cosigning}[given.answer](actor, case_id, at=at)
    return nothing()


@writes(router, "POST", "/{uuid:case_id}/cosigning/release", None, status=204, matches=True)
def release_cosigner(request: HttpRequest, case_id: UUID, who: ReleaseIn) -> HttpResponse:
    """Let the report go out without the signature of an expert who cannot sign; for coordinators."""
    enter(request, case_id, to=COORDINATE)
    actions.release_cosigner(actor_of(request), case_id, who.expert_id, reason=who.reason, at=clock.now())
    return nothing()


@writes(router, "POST", "/{uuid:case_id}/report/recall", None, status=204, matches=True)
def recall_report(request: HttpRequest, case_id: UUID, why: ReasonIn) -> HttpResponse:
    """Take the report back before all have signed; for the chair."""
    enter(request, case_id, to=CHAIR)
    actions.recall_report(actor_of(request), case_id, reason=why.reason, at=clock.now())
    return nothing()


@writes(router, "POST", "/{uuid:case_id}/report/correction", None, status=204, matches=True)
def correct_report(request: HttpRequest, case_id: UUID, why: ReasonIn) -> HttpResponse:
    """Begin a corrected version, which names the old one and the reason; for the chair."""
    enter(request, case_id, to=CHAIR)
    actions.correct_report(actor_of(request), case_id, reason=why.reason, at=clock.now())
    return nothing()


@writes(router, "POST", "/{uuid:case_id}/report/late-correction", None, status=204)
def correct_closed(request: HttpRequest, case_id: UUID, why: ReasonIn) -> HttpResponse:
    """Open an ended case to correct its report; for its chair, or the head of the chair's department meanwhile."""
    actions.correct_closed(actor_of(request), case_id, reason=why.reason, at=clock.now())
    return nothing()


@writes(router, "POST", "/{uuid:case_id}/report/correction/drop", None, status=204, matches=True)
def drop_correction(request: HttpRequest, case_id: UUID, why: ReasonIn) -> HttpResponse:
    """Leave the delivered version as it stands; for the chair."""
    enter(request, case_id, to=CHAIR)
    actions.drop_correction(actor_of(request), case_id, reason=why.reason, at=clock.now())
    return nothing()


@reads(router, "/{uuid:case_id}/report/versions", list[VersionOut])
def list_versions(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """List the signed versions, the latest first."""
    seen = access_joint(actor_of(request), case_id, to=READ)
    if not seen.is_report_open:
        raise NotVisible(case_id)
    signed = list_signed_reports(seen.application.id)
    return answer([_show(one, request.path) for one in signed])


@reads(router, "/{uuid:case_id}/report/versions/{int:version}/file", None)
def download_version(request: HttpRequest, case_id: UUID, version: int) -> FileResponse:
    """Download one signed version (PDF)."""
    # The path takes any number, the column does not.
    return download(access_report(actor_of(request), case_id, min(version, 32_767)).file)


def _show(report: Any, path: str) -> dict[str, Any]:
    return {
        "version": report.version, "signed_at": report.signed_at, "code": report.code, "size": report.file.size,
        "file": f"{path}/{report.version}/file", "corrects": report.version - 1 if report.correction_reason else None,
        "correction_reason": report.correction_reason,
    }  # fmt: skip
