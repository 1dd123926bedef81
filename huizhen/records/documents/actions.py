"""Adding documents to a record and taking them out of sight."""

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from huizhen.kernel import audit, files, outbox
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.files import open_file
from huizhen.kernel.files.models import File
from huizhen.kernel.files.ports import StorageTrouble
from huizhen.records.acting import account_of, day_of
from huizhen.records.apart import Died, Unreadable
from huizhen.records.documents import rules
from huizhen.records.documents.models import Document, Kind, StraightPicture, StraightState
from huizhen.records.documents.ports import Made, get_straightener
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


def straighten_document(document_id: UUID, *, at: datetime) -> None:
    """Set a photographed page straight, in a process of its own. Called by a job, as often as needed.

    Emits `records.document.prepared` when the document is as it will be read: straight, or left as it was taken. A file
    that is no photograph is so at once.

    Raises:
        Died: the process was killed; the job tries again, three times at most. StorageTrouble: the store takes nothing;
        the document is read as it was taken meanwhile, and the job tries again.
    """
    document = Document.objects.select_related("file").get(id=document_id)
    if document.removed_at is not None or document.file.media_type not in rules.PICTURES:
        with transaction.atomic():
            tell_prepared(document)
        return
    picture, _ = StraightPicture.objects.get_or_create(document=document)
    if picture.state != StraightState.WAITING:
        return
    StraightPicture.objects.filter(document=document).update(tries=F("tries") + 1)
    try:
        with open_file(document.file) as stream:
            made = get_straightener().straighten(stream.read())
    except Unreadable as error:
        again = isinstance(error, Died) and picture.tries + 1 < rules.MOST_TRIES
        settle_straight(document, StraightState.WAITING if again else StraightState.FAILED, at, problem=str(error))
        if again:
            raise
    else:
        keep_straight(document, made, at)


def keep_straight(document: Document, made: Made | None, at: datetime) -> None:
    """Keep the page that was made, as a file beside the photograph. Raises StorageTrouble."""
    if made is None:
        settle_straight(document, StraightState.LEFT, at)
        return
    try:
        file = files.store("straight.jpg", made.picture, actor=SYSTEM, at=at, purpose="document")
    except StorageTrouble:
        # The store may be full for hours: whoever waits for the text gets it from the photograph as it is.
        settle_straight(document, StraightState.WAITING, at, problem="storage")
        raise
    settle_straight(document, StraightState.STRAIGHT, at, file=file, made=made)


def settle_straight(
    document: Document,
    state: str,
    at: datetime,
    *,
    problem: str = "",
    file: File | None = None,
    made: Made | None = None,
) -> None:
    """Note what became of it; the second of two jobs notes nothing. `made` came with `file`."""
    with transaction.atomic():
        held = StraightPicture.objects.select_for_update(no_key=True).get(document=document)
        if held.state != StraightState.WAITING:
            return
        first = held.problem != problem or not problem
        held.state, held.problem, held.file = state, problem, file
        held.tries = 0 if problem == "storage" else held.tries
        held.done, held.sure = (list(made.done), made.sure) if made else ([], None)
        held.ended_at = None if state == StraightState.WAITING else at
        held.save()
        if state != StraightState.WAITING or (problem == "storage" and first):
            tell_prepared(document)


def tell_prepared(document: Document) -> None:
    """The event, in the caller's transaction."""
    outbox.emit("records.document.prepared", document=str(document.id), patient=str(document.patient_id))


def show_original(document: Document, *, original: bool, actor: Actor, at: datetime) -> None:
    """Show a photograph as it was taken from now on, or straight again; for everybody. Nothing is made or thrown away.

    `document` was loaded by `access_document(actor, id, to="arrange")`. One without a straight picture is left alone.
    """
    with transaction.atomic():
        held = StraightPicture.objects.select_for_update(no_key=True).filter(document=document).first()
        if held is None or (held.original_at is not None) == original:
            return
        held.original_at, held.original_by_id = (at, account_of(actor, ADD)) if original else (None, None)
        held.save(update_fields=["original_at", "original_by"])
        note(document, "arranged", actor, at)


def note(document: Document, what: str, actor: Actor, at: datetime) -> None:
    """Audit entry and event, in the caller's transaction."""
    audit.record(
        actor, f"records.document.{what}", subject_kind="document", subject_id=document.id,
        patient_id=document.patient_id, case_id=document.case_id,
        organisation_id=document.patient.organisation_id, at=at,
    )  # fmt: skip
    case = str(document.case_id) if document.case_id else None
    outbox.emit(f"records.document.{what}", document=str(document.id), patient=str(document.patient_id), case=case)
