"""Importing images: start, add what comes later, run (in a job, as often as needed), close."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit, outbox
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.files.models import File
from huizhen.kernel.files.ports import StorageTrouble
from huizhen.kernel.files.rules import said_type
from huizhen.records.acting import account_of
from huizhen.records.imaging.actions.batches import count_files, list_batches
from huizhen.records.imaging.actions.early import is_arriving, look_early
from huizhen.records.imaging.actions.keeping import keep_batch
from huizhen.records.imaging.archives import ZIP
from huizhen.records.imaging.models import ImagingImport
from huizhen.records.patients.access import ADD
from huizhen.records.patients.models import Patient
from huizhen.records.refused import Refused

DICOM = "application/dicom"
WAITS = timedelta(hours=1)  # how long an import that expects more files waits for the next one
MOST_FILES = 20_000


def start_import(
    patient: Patient,
    file_ids: Sequence[UUID],
    *,
    actor: Actor,
    at: datetime,
    case_id: UUID | None = None,
    more: bool = False,
) -> ImagingImport:
    """Begin to take finished uploads (DICOM files or zips of them) into a record; a job does the work. With `more`, a
    zip may still be under way: what has arrived of it is kept already.

    `patient` was loaded by `access_patient(actor, id, to="add")`. `more`: further files will follow by `add_files`,
    and `close_import` says when that was all. Emits `records.imaging.uploaded`.

    Raises:
        Refused: `files`.
    """
    check_files(file_ids, actor, arriving=more)
    with transaction.atomic():
        run = ImagingImport.objects.create(
            patient=patient, case_id=case_id, files=list(dict.fromkeys(file_ids)), started_by_id=account_of(actor, ADD),
            started_at=at, more_until=at + WAITS if more else None,
        )  # fmt: skip
        note_start(run, actor, at)
    return run


def start_received(
    patient: Patient, file_ids: Sequence[UUID], *, account_id: UUID | None, at: datetime, case_id: UUID | None = None
) -> ImagingImport:
    """Begin to take files that a hospital's device sent; in the caller's transaction, which knows whose they are.

    `account_id`: who said so; None where the numbers in the images did. Emits `records.imaging.uploaded`.
    """
    run = ImagingImport.objects.create(
        patient=patient, case_id=case_id, files=list(file_ids), started_by_id=account_id, started_at=at
    )
    note_start(run, SYSTEM, at)
    return run


def note_start(run: ImagingImport, actor: Actor, at: datetime) -> None:
    """The audit entry of an import, and its job."""
    audit.record(
        actor, "records.imaging.uploaded", subject_kind="import", subject_id=run.id, patient_id=run.patient_id,
        case_id=run.case_id, organisation_id=run.patient.organisation_id, at=at,
    )  # fmt: skip
    outbox.emit("records.imaging.uploaded", run=str(run.id))


def add_files(run: ImagingImport, file_ids: Sequence[UUID], *, actor: Actor, at: datetime, last: bool = False) -> None:
    """Give an open import the uploads that have arrived since; a file it has already is passed over. Told once more of
    a zip that is under way, it looks at what has arrived of it since.

    `run` was loaded by `access_import`. `last`: no more will follow.

    Raises:
        Refused: `files`: not ready (with `last`, also a zip that is still under way), no images, not the actor's;
            `ended`: the import takes no more.
    """
    if file_ids:
        check_files(file_ids, actor, arriving=not last)
    with transaction.atomic():
        held = ImagingImport.objects.select_for_update(no_key=True).get(id=run.id)
        fresh = [key for key in dict.fromkeys(file_ids) if key not in set(held.files)]
        if fresh and (held.more_until is None or held.started_by_id != actor.account_id):
            raise Refused({"files": "ended"})
        if last and any(is_arriving(file) for file in File.objects.filter(id__in=held.files)):
            raise Refused({"files": "not_ready"})
        if len(held.files) + len(fresh) > MOST_FILES:
            raise Refused({"files": "too_many_files"})
        held.files = [*held.files, *fresh]
        held.more_until = None if last or held.more_until is None else at + WAITS
        held.save(update_fields=["files", "more_until"])
        if held.ended_at is None:
            outbox.emit("records.imaging.uploaded", run=str(run.id))


def close_import(run: ImagingImport, *, actor: Actor, at: datetime) -> None:
    """Say that no more files will follow; twice does no harm."""
    add_files(run, (), actor=actor, at=at, last=True)


def close_waiting(at: datetime) -> int:
    """Job: close imports whose browser went away without a word; returns how many. What arrived is kept."""
    with transaction.atomic():
        waiting = ImagingImport.objects.select_for_update(skip_locked=True, no_key=True).filter(more_until__lt=at)
        keys = [run.id for run in waiting]
        ImagingImport.objects.filter(id__in=keys).update(more_until=None)
        outbox.emit_many(("records.imaging.uploaded", {"run": str(key)}) for key in keys)
    return len(keys)


def check_files(file_ids: Sequence[UUID], actor: Actor, *, arriving: bool = False) -> None:
    """Raise Refused where an upload is missing, no image, or somebody else's; or unfinished, unless it is a zip and
    `arriving` says that it may be."""
    found = {file.id: file for file in File.objects.filter(id__in=file_ids, created_by_id=actor.account_id)}
    if not file_ids or len(found) < len(set(file_ids)):
        raise Refused({"files": "not_yours" if file_ids else "missing"})
    whole = [file for file in found.values() if not (arriving and is_arriving(file) and said_type(file.name) == ZIP)]
    if any(file.state != "ready" for file in whole):
        raise Refused({"files": "not_ready"})
    if any(file.media_type not in (ZIP, DICOM) for file in whole):
        raise Refused({"files": "not_imaging"})


def run_import(import_id: UUID, *, at: datetime) -> ImagingImport:
    """Do the work of an import, batch by batch; each is seen as soon as it is kept.

    May run again after a crash, and beside itself: `done` moves with the rows of a batch in one transaction, so
    nothing is kept or counted twice. Emits `records.imaging.imported` once, with the numbers.

    Raises:
        StorageTrouble: the store takes nothing; noted on the import, and tried again by the job.
    """
    run = load(import_id)
    while run.ended_at is None:
        known = len(run.files)
        if not run_batches(run, at):
            return run  # somebody else is at it
        if finish(run.id, known, at):
            run.refresh_from_db()
            break
        run = load(import_id)
        if len(run.files) == known:
            break  # more files are announced; their arrival wakes the next job
    return run


def load(import_id: UUID) -> ImagingImport:
    """The import with what keeping an image needs."""
    return ImagingImport.objects.select_related("patient", "started_by").get(id=import_id)


def run_batches(run: ImagingImport, at: datetime) -> bool:
    """Work through everything that has arrived; False when another job was faster."""
    uploads = {file.id: file for file in File.objects.select_related("content").filter(id__in=run.files)}
    files = [uploads.get(key) for key in run.files]
    # What comes behind an upload that is under way has its place only when that is whole.
    there = list(takewhile(lambda file: not is_arriving(file), files)) if run.more_until else files
    ImagingImport.objects.filter(id=run.id).update(total=count_files(there))
    try:
        if not all(keep_batch(run, batch, at) for batch in list_batches(there, run.done)):
            return False
        if len(there) < len(files) and (arriving := files[len(there)]):
            look_early(run, arriving, at)
        return True
    except StorageTrouble:
        ImagingImport.objects.filter(id=run.id).update(trouble="storage")
        raise


def finish(import_id: UUID, known: int, at: datetime) -> bool:
    """Close an import when nothing is left and nothing announced; the second of two jobs tells nothing."""
    with transaction.atomic():
        run = ImagingImport.objects.select_for_update(no_key=True).get(id=import_id)
        if run.ended_at is None and run.more_until is None and len(run.files) == known:
            run.total, run.ended_at = run.done, at
            run.save(update_fields=["total", "ended_at"])
            outbox.emit(
                "records.imaging.imported", run=str(run.id), patient=str(run.patient_id),
                case=str(run.case_id) if run.case_id else None, kept=run.kept, known=run.known,
                problems=max(0, run.done - run.kept - run.known),
            )  # fmt: skip
    return run.ended_at is not None
