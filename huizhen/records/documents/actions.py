"""Adding documents to a record and taking them out of sight."""

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.kernel import audit, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.files import open_file
from huizhen.kernel.files.models import File
from huizhen.records.acting import account_of, day_of
from huizhen.records.documents import rules
from huizhen.records.documents.models import Document, Kind
from huizhen.records.patients.access import ADD
from huizhen.records.patients.models import Patient
from huizhen.records.refused import Refused


def add_document(
    patient: Patient,
    *,
    file_id: UUID,
    kind: str,
    title: str,
    actor: Actor,
    at: datetime,
    taken_on: date | None = None,
    case_id: UUID | None = None,
) -> Document:
    """Put a finished upload of the actor's own into a patient's record. Emits `records.document.added`.

    `patient` was loaded by `access_patient(actor, id, to="add")`; who calls with a case has checked that it is
    this patient's. The same file again gives the document that is there.

    Raises:
        Refused: fields `file`, `kind`, `title`, `taken_on`.
    """
    found = {
        "kind": None if kind in Kind.values else "unknown_choice",
        "title": rules.check_title(title),
        "taken_on": rules.check_taken(taken_on, day_of(at)),
    }
    file, fault = own_upload(file_id, actor)
    errors = {field: code for field, code in {**found, "file": fault}.items() if code}
    if errors or file is None:
        raise Refused(errors)
    pages = pages_of(file)
    there = Document.objects.filter(patient=patient, file=file, removed_at=None).first()
    if there is not None:
        return there
    document = Document(
        patient=patient, case_id=case_id, kind=kind, title=title.strip(), file=file, pages=pages, taken_on=taken_on,
        uploaded_by_id=account_of(actor, ADD), uploaded_at=at,
    )  # fmt: skip
    return save_once(document, actor, at)


def save_once(document: Document, actor: Actor, at: datetime) -> Document:
    """Save a new document; when the same request came twice at once, give the one that won."""
    try:
        with transaction.atomic():
            document.save()
            note(document, "added", actor, at)
    except IntegrityError as error:
        if "document_file_once" not in str(error):
            raise
        return Document.objects.get(patient_id=document.patient_id, file_id=document.file_id, removed_at=None)
    return document


def own_upload(file_id: UUID, actor: Actor) -> tuple[File | None, str | None]:
    """The finished upload, or the code of why it cannot be used. Somebody else's file does not exist."""
    file = File.objects.filter(id=file_id, created_by_id=actor.account_id).first()
    if file is None:
        return None, "not_yours"
    if file.state != "ready":
        return None, "not_ready"
    return file, None if file.media_type in rules.MEDIA_TYPES else "wrong_type"


def pages_of(file: File) -> int:
    """Open the file once, outside any transaction, and count its pages. Raises Refused."""
    try:
        with open_file(file) as stream:
            return rules.count_pages(stream, file.media_type)
    except rules.BadFile as error:
        raise Refused({"file": str(error)}) from error


def remove_document(document: Document, *, actor: Actor, at: datetime) -> None:
    """Take a document added by mistake out of sight; it is kept as long as the law asks. Twice is once.

    `document` was loaded by `access_document(actor, id, to="remove")`. Emits `records.document.removed`.
    """
    with transaction.atomic():
        held = Document.objects.select_related("patient").select_for_update(of=("self",)).get(id=document.id)
        if held.removed_at is None:
            held.removed_at, held.removed_by_id = at, actor.account_id
            held.save(update_fields=["removed_at", "removed_by"])
            note(held, "removed", actor, at)


def note(document: Document, what: str, actor: Actor, at: datetime) -> None:
    """Audit entry and event, in the caller's transaction."""
    audit.record(
        actor, f"records.document.{what}", subject_kind="document", subject_id=document.id,
        patient_id=document.patient_id, case_id=document.case_id,
        organisation_id=document.patient.organisation_id, at=at,
    )  # fmt: skip
    case = str(document.case_id) if document.case_id else None
    outbox.emit(f"records.document.{what}", document=str(document.id), patient=str(document.patient_id), case=case)
