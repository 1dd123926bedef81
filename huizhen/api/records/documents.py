"""Documents of a patient: listed, added from a finished upload, downloaded, taken out of sight."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer, download, nothing
from huizhen.api.operations import reads, writes
from huizhen.api.records.cases import check_case
from huizhen.api.schemas import AnyId, In, Line, Moment, Out
from huizhen.kernel import clock
from huizhen.people.accounts.requests import actor_of
from huizhen.records.documents.access import access_document
from huizhen.records.documents.access import list_documents as list_readable
from huizhen.records.documents.actions import add_document as add
from huizhen.records.documents.actions import remove_document as remove
from huizhen.records.patients.access import access_patient

Kind = Literal["lab_report", "imaging_report", "pathology", "ecg", "discharge_summary", "record", "consent_form",
               "photo", "other"]  # fmt: skip

router = Router()


class DocumentIn(In):
    """A finished upload that goes into the record. `case_id`: added for that consultation."""

    file_id: UUID
    kind: Kind
    title: Line = Field(min_length=1, examples=["血常规"])
    taken_on: date | None = None
    case_id: UUID | None = None


class DocumentOut(Out):
    """A document; `file` is its address."""

    id: AnyId
    kind: Kind
    title: str
    media_type: str = Field(examples=["application/pdf"])
    size: int
    pages: int
    taken_on: date | None
    case_id: UUID | None
    uploaded_at: Moment
    file: str


@reads(router, "/patients/{uuid:patient_id}/documents", list[DocumentOut])
def list_documents(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """List the documents you may read, the latest first."""
    patient = access_patient(actor_of(request), patient_id)
    return answer([_show(document) for document in list_readable(actor_of(request), patient)])


@writes(router, "POST", "/patients/{uuid:patient_id}/documents", DocumentOut, status=201)
def add_document(request: HttpRequest, patient_id: UUID, document: DocumentIn) -> HttpResponse:
    """Put an upload into the record."""
    patient = access_patient(actor_of(request), patient_id, to="add")
    check_case(request, document.case_id, patient.person_ids)
    made = add(patient, actor=actor_of(request), at=clock.now(), **document.model_dump())
    return answer(_show(made), status=201)


@reads(router, "/documents/{uuid:document_id}/file", None)
def download_document(request: HttpRequest, document_id: UUID) -> FileResponse:
    """Download a document."""
    return download(access_document(actor_of(request), document_id).file)


@writes(router, "DELETE", "/documents/{uuid:document_id}", None, status=204)
def remove_document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Take a document added by mistake out of sight; it is kept as long as the law asks."""
    remove(access_document(actor_of(request), document_id, to="remove"), actor=actor_of(request), at=clock.now())
    return nothing()


def _show(document: Any) -> dict[str, Any]:
    return {
        "id": document.id,
        "kind": document.kind,
        "title": document.title,
        "media_type": document.file.media_type,
        "size": document.file.size,
        "pages": document.pages,
        "taken_on": document.taken_on,
        "case_id": document.case_id,
        "uploaded_at": document.uploaded_at,
        "file": f"/api/v1/records/documents/{document.id}/file",
    }
