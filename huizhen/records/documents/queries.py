"""Reads of documents."""

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from huizhen.kernel.files import open_file
from huizhen.records.documents import rules
from huizhen.records.documents.models import Document, Kind

KINDS = Kind.choices  # what a form offers


def documents_of(patient_id: UUID) -> QuerySet[Document]:
    """All documents in sight of a patient, the latest first."""
    found = Document.objects.filter(patient_id=patient_id, removed_at=None)
    return found.select_related("file", "uploaded_by").order_by("-uploaded_at", "-id")


def count_of(patient_id: UUID, document_ids: Collection[UUID]) -> int:
    """How many of these documents are in sight and this patient's."""
    return documents_of(patient_id).filter(id__in=document_ids).count() if document_ids else 0


def among_cases(cases: set[UUID]) -> Q:
    """Documents added for one of these cases, or for none."""
    return Q(case_id=None) | Q(case_id__in=cases)


def get_preview(document: Document, size: int) -> bytes | None:
    """A small WebP of a picture; None for a PDF. `document` was loaded by `access_document`."""
    if document.file.media_type not in rules.PICTURES:
        return None
    with open_file(document.file) as file:
        return rules.preview(file, size)


def list_labels(document_ids: Iterable[UUID]) -> list[tuple[str, str, date | None]]:
    """Kind (in words), title and day of documents, for a list on paper. The caller has checked access."""
    found = Document.objects.filter(id__in=list(document_ids)).order_by("taken_on", "id")
    return [(str(document.get_kind_display()), document.title, document.taken_on) for document in found]
