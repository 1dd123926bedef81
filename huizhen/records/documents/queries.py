"""Reads of documents."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet

from huizhen.kernel.files import open_file
from huizhen.kernel.files.models import File
from huizhen.records.documents import rules
from huizhen.records.documents.models import Document, Kind, StraightPicture
from huizhen.records.patients.queries import get_person_ids

KINDS = Kind.choices  # what a form offers
Form = Literal["shown", "taken", "straight"]  # of a photograph: as it is to be shown, as it came, set straight


def documents_of(patient_ids: Collection[UUID]) -> QuerySet[Document]:
    """All documents in sight of a person (`Patient.person_ids`), the latest first."""
    found = Document.objects.filter(patient_id__in=patient_ids, removed_at=None)
    return found.select_related("file", "uploaded_by").order_by("-uploaded_at", "-id")


def count_of(patient_id: UUID, document_ids: Collection[UUID]) -> int:
    """How many of these documents are in sight and this person's."""
    if not document_ids:
        return 0
    return documents_of(get_person_ids(patient_id)).filter(id__in=document_ids).count()


def get_straight(document: Document) -> StraightPicture | None:
    """What became of setting a photograph straight; None for what is none, or was not looked at yet."""
    found = StraightPicture.objects.select_related("file").filter(document_id=document.id)
    return found.first() if document.file.media_type in rules.PICTURES else None


def get_picture_file(document: Document, form: Form = "shown") -> tuple[File, bool]:
    """The file that is shown and read of a document, and whether it is a photograph set straight."""
    straight = get_straight(document) if form != "taken" else None
    if straight is None or straight.file is None or (form == "shown" and straight.original_at is not None):
        return document.file, False
    return straight.file, True


def get_preview(document: Document, size: int, page: int = 1, turned: int = 0, form: Form = "shown") -> bytes | None:
    """A page (from 1) as a small WebP; None for a Word document. `document` was loaded by `access_document`."""
    if document.file.media_type == rules.WORD:
        return None
    kept, _ = get_picture_file(document, form)
    with open_file(kept) as file:
        if document.file.media_type == rules.PDF:
            return rules.preview_pages(file, size, [page], turned)[0]
        return rules.preview(file, size, turned)


def list_thumbnails(document: Document, size: int, pages: Sequence[int]) -> list[bytes]:
    """Some pages (from 1) of a PDF, small. `document` was loaded by `access_document`."""
    with open_file(document.file) as file:
        return rules.preview_pages(file, size, pages)


def list_blocks(document: Document) -> list[Any]:
    """What stands in a Word document, block by block (`word.Block`); nothing for others, and for a damaged one.

    `document` was loaded by `access_document`.
    """
    if document.file.media_type != rules.WORD:
        return []
    try:
        with open_file(document.file) as file:
            return rules.read_text(file)
    except rules.BadFile:
        return []


def list_labels(document_ids: Iterable[UUID]) -> list[tuple[str, str, date | None]]:
    """Kind (in words), title and day of documents, for a list on paper. The caller has checked access."""
    found = Document.objects.filter(id__in=list(document_ids)).order_by("taken_on", "id")
    return [(str(document.get_kind_display()), document.title, document.taken_on) for document in found]


_users: list[Callable[[Collection[UUID]], dict[UUID, str]]] = []


def add_users(find: Callable[[Collection[UUID]], dict[UUID, str]]) -> None:
    """Ask this too, from here on: which of some documents a feature's cases rest on, each with a case's number."""
    if find not in _users:
        _users.append(find)


def list_users(document_ids: Collection[UUID]) -> dict[UUID, str]:
    """Those of these documents that a case rests on, each with the number of one."""
    own = Document.objects.filter(id__in=document_ids, case__isnull=False).values_list("id", "case__number")
    found = dict(own)
    for find in _users:
        found |= find(document_ids)
    return found
