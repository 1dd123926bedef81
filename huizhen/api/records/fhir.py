"""A record as FHIR R4: taken along at once or as an order, and fetched; a bundle brought in, shown first."""

from typing import Any, Literal
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer, download
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Line, Moment, Out
from huizhen.kernel import clock
from huizhen.kernel.limits import Limit
from huizhen.people.accounts.requests import actor_of
from huizhen.records.fhir.access import access_copy, access_export, access_import
from huizhen.records.fhir.actions import confirm_import, export_now, order_export, start_import, take_back
from huizhen.records.fhir.rules import PROBLEMS, REASONS
from huizhen.records.fhir.shapes import MEDIA_TYPE
from huizhen.records.patients.access import access_patient

# A copy is the whole record; nobody needs many of them in an hour.
COPIES = Limit("fhir copies", account=20, address=200)
HERE, BUNDLES = "/api/v1/records/fhir/exports", "/api/v1/records/fhir/imports"

router = Router()


class CopyIn(In):
    """Whether the documents' files travel too, up to 10 MB each and 30 MB in all."""

    with_files: bool = False


class TakingBackIn(In):
    """Why it was a mistake; told to who reads the record."""

    reason: Line = Field(min_length=1, max_length=500)


class CopyOut(Out):
    """A copy that a job makes. `file`: where it is fetched, once it is ready. `left_out`: files too large to travel."""

    id: AnyId
    state: Literal["waiting", "ready", "refused"]
    problem: str
    with_files: bool
    entries: int
    left_out: int
    asked_at: Moment
    until: Moment
    file: str | None


class BundleIn(In):
    """A finished upload with the purpose `fhir`: a Bundle in JSON, up to 50 MB."""

    file_id: UUID


class EntryVerdictOut(Out):
    """What becomes of an entry: taken, here already, the file of a document, or refused, and where and why."""

    place: int
    kind: str = Field(examples=["Observation"])
    title: str
    outcome: Literal["take", "here", "file", "refused"]
    code: str = Field(examples=["dangling"])
    path: str = Field(examples=["performer.0"])
    says: str


class BundleOut(Out):
    """A bundle on its way into a record. Nothing is taken before `confirmation`. `taken`: how many entries were."""

    id: AnyId
    state: Literal["checking", "checked", "taking", "taken", "taken_back", "refused"]
    problem: str
    says: str
    source: str
    taken: int
    started_at: Moment
    entries: list[EntryVerdictOut]


@reads(router, "/patients/{uuid:patient_id}/fhir", None)
def get_fhir_copy(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Read a record as a FHIR R4 bundle of what you may read of it, documents without their files.

    Answers `application/fhir+json`. A record that is too large for one answer is a 422 with `copy_too_large`: order it.
    """
    actor = actor_of(request)
    made = export_now(access_copy(actor, patient_id), actor=actor, at=clock.now())
    return HttpResponse(made, content_type=MEDIA_TYPE)


@writes(router, "POST", "/patients/{uuid:patient_id}/fhir/exports", CopyOut, status=202, limited=COPIES)
def order_fhir_export(request: HttpRequest, patient_id: UUID, wanted: CopyIn) -> HttpResponse:
    """Order a copy of a record; a job makes it."""
    actor = actor_of(request)
    patient = access_copy(actor, patient_id)
    made = order_export(patient, with_files=wanted.with_files, actor=actor, at=clock.now())
    return answer(_show(made), status=202, Location=f"{HERE}/{made.id}")


@reads(router, "/fhir/exports/{uuid:export_id}", CopyOut)
def get_fhir_export(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Read how far your copy is."""
    return answer(_show(access_export(actor_of(request), export_id)))


@reads(router, "/fhir/exports/{uuid:export_id}/file", None)
def download_fhir_export(request: HttpRequest, export_id: UUID) -> FileResponse:
    """Fetch your copy."""
    return download(access_export(actor_of(request), export_id, to="save").file)


@writes(router, "POST", "/patients/{uuid:patient_id}/fhir/imports", BundleOut, status=202, limited=COPIES)
def start_fhir_import(request: HttpRequest, patient_id: UUID, bundle: BundleIn) -> HttpResponse:
    """Offer a bundle to a record; a job checks it, and nothing is taken yet."""
    actor = actor_of(request)
    patient = access_patient(actor, patient_id, to="add")
    run = start_import(patient, bundle.file_id, actor=actor, at=clock.now())
    return answer(_show_import(run), status=202, Location=f"{BUNDLES}/{run.id}")


@reads(router, "/fhir/imports/{uuid:bundle_id}", BundleOut)
def get_fhir_import(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    """Read what would become, or became, of each entry of a bundle."""
    return answer(_show_import(access_import(actor_of(request), bundle_id)))


@writes(router, "POST", "/fhir/imports/{uuid:bundle_id}/confirmation", BundleOut, status=202)
def confirm_fhir_import(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    """Have everything taken in that was found fit."""
    actor = actor_of(request)
    run = confirm_import(access_import(actor, bundle_id), actor=actor, at=clock.now())
    return answer(_show_import(run), status=202)


@writes(router, "POST", "/fhir/imports/{uuid:bundle_id}/taking-back", BundleOut)
def take_back_fhir_import(request: HttpRequest, bundle_id: UUID, wanted: TakingBackIn) -> HttpResponse:
    """Take back everything a bundle has brought by mistake; what a case rests on stays."""
    actor = actor_of(request)
    run = access_import(actor, bundle_id, to="take_back")
    take_back(run, reason=wanted.reason, actor=actor, at=clock.now())
    return answer(_show_import(access_import(actor, bundle_id)))


def _show_import(run: Any) -> dict[str, Any]:
    entries = [
        {**{name: one[name] for name in EntryVerdictOut.model_fields if name != "says"},
         "says": str(REASONS.get(one["code"], ""))}
        for one in run.verdicts or []
    ]  # fmt: skip
    return {
        **{name: getattr(run, name) for name in ("id", "state", "problem", "source", "taken", "started_at")},
        "says": str(PROBLEMS.get(run.problem, "")), "entries": entries,
    }  # fmt: skip


def _show(made: Any) -> dict[str, Any]:
    shown = {name: getattr(made, name) for name in CopyOut.model_fields if name != "file"}
    return {**shown, "file": f"{HERE}/{made.id}/file" if made.state == "ready" else None}
