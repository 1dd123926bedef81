"""Fetching studies from a hospital's archive and sending them there: wanted in a request, done in a job."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit, files, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.files.ports import StorageTrouble
from huizhen.records.acting import account_of
from huizhen.records.imaging.actions import add_files, close_import, run_import, start_import
from huizhen.records.imaging.models import ImagingInstance, ImagingStudy
from huizhen.records.pacs.models import Pacs, Transfer
from huizhen.records.pacs.ports import DicomWeb, Trouble
from huizhen.records.pacs.queries import open_pacs
from huizhen.records.pacs.rules import FINAL
from huizhen.records.patients.access import ADD
from huizhen.records.patients.models import Patient

AUDITED = {"fetch": "records.pacs.fetched", "send": "records.pacs.sent"}
AT_ONCE = 16  # images between two writes of the progress
T = TypeVar("T")


def want_study(
    pacs: Pacs, patient: Patient, study_uid: str, *, actor: Actor, at: datetime, case_id: UUID | None = None
) -> Transfer:
    """Ask for a study to be fetched into a record; asked twice is once. Emits `records.pacs.wanted`.

    `patient` was loaded by `access_patient(actor, id, to="add")`.
    """
    return begin(pacs, patient, study_uid, Transfer.Direction.FETCH, actor=actor, at=at, case_id=case_id)


def send_study(pacs: Pacs, study: ImagingStudy, *, actor: Actor, at: datetime) -> Transfer:
    """Ask for a study of the record to be sent to an archive; asked twice is once. Emits `records.pacs.wanted`."""
    return begin(pacs, study.patient, study.study_uid, Transfer.Direction.SEND, actor=actor, at=at, case_id=None)


def begin(
    pacs: Pacs, patient: Patient, study_uid: str, direction: str, *, actor: Actor, at: datetime, case_id: UUID | None
) -> Transfer:
    """Note what is wanted, and store the job."""
    with transaction.atomic():
        transfer, made = Transfer.objects.get_or_create(
            pacs=pacs, patient=patient, study_uid=study_uid, direction=direction, ended_at=None,
            defaults={"case_id": case_id, "started_by_id": account_of(actor, ADD), "started_at": at},
        )  # fmt: skip
        if made:
            audit.record(
                actor, AUDITED[direction], subject_kind="transfer", subject_id=transfer.id,
                patient_id=patient.id, case_id=case_id, organisation_id=pacs.organisation_id, at=at,
            )  # fmt: skip
            outbox.emit("records.pacs.wanted", transfer=str(transfer.id))
    return transfer


def run_transfer(transfer_id: UUID, *, at: datetime) -> Transfer:
    """Do the work of a transfer; goes on where it was interrupted.

    Raises:
        Trouble: the archive is away; noted, and tried again by the job. StorageTrouble: our own store is full.
    """
    transfer = Transfer.objects.select_related("pacs", "patient", "started_by", "run").get(id=transfer_id)
    if transfer.ended_at is not None:
        return transfer
    web = open_pacs(transfer.pacs)
    try:
        fetch(transfer, web, at) if transfer.direction == Transfer.Direction.FETCH else send(transfer, web)
    except Trouble as trouble:
        if trouble.code in FINAL:
            return end(transfer, at, trouble.code)
        Transfer.objects.filter(id=transfer.id).update(trouble=trouble.code)
        raise
    except StorageTrouble:
        Transfer.objects.filter(id=transfer.id).update(trouble="storage")
        raise
    return end(transfer, at)


def end(transfer: Transfer, at: datetime, trouble: str = "") -> Transfer:
    """Close a transfer, and the import it fed."""
    if transfer.run is not None:
        close_import(transfer.run, actor=Actor(account_id=transfer.started_by_id), at=at)
        run_import(transfer.run.id, at=at)
    transfer.trouble, transfer.failed, transfer.ended_at = trouble, bool(trouble), at
    transfer.save(update_fields=["trouble", "failed", "ended_at"])
    return transfer


def fetch(transfer: Transfer, web: DicomWeb, at: datetime) -> None:
    """Bring the images that are not here yet, and let each lot be seen as it comes."""
    places = web.list_images(transfer.study_uid)
    if not places:
        raise Trouble("not_there")
    here = set(ImagingInstance.objects.filter(series__study__study_uid=transfer.study_uid)
               .values_list("sop_uid", flat=True))  # fmt: skip
    transfer.total, transfer.done = len(places), sum(place.sop_uid in here for place in places)
    for lot in lots(place for place in places if place.sop_uid not in here):
        keep(transfer, [web.fetch(transfer.study_uid, place) for place in lot], at)
        note_progress(transfer, len(lot))
    ImagingStudy.objects.filter(study_uid=transfer.study_uid, patient=transfer.patient).update(announced=len(places))


def keep(transfer: Transfer, images: list[bytes], at: datetime) -> None:
    """Store a lot of images and import them at once."""
    actor = Actor(account_id=transfer.started_by_id, name=str(transfer.started_by))
    pieces = [files.Piece(f"{number}.dcm", data) for number, data in enumerate(images, 1)]
    staged = files.stage_many([one for one in pieces if files.fits(one, "imaging")], actor=actor, at=at,
                              purpose="imaging")  # fmt: skip
    with transaction.atomic():
        stored = list(files.settle_many(staged))
    if not stored:
        raise Trouble("strange", "no DICOM")
    if transfer.run is None:
        transfer.run = start_import(transfer.patient, stored, actor=actor, at=at, case_id=transfer.case_id, more=True)
        transfer.save(update_fields=["run"])
    else:
        add_files(transfer.run, stored, actor=actor, at=at)
    run_import(transfer.run.id, at=at)


def send(transfer: Transfer, web: DicomWeb) -> None:
    """Give every image of the study to the archive, from where it was interrupted on: their keys stand in the order of
    their coming. What the archive has already does no harm."""
    found = ImagingInstance.objects.filter(
        series__study__study_uid=transfer.study_uid, series__study__patient=transfer.patient
    ).select_related("file__content")
    transfer.total = found.count()
    for lot in lots(found.order_by("id")[transfer.done :]):
        web.store([read(instance) for instance in lot])
        note_progress(transfer, len(lot))


def read(instance: ImagingInstance) -> bytes:
    """The whole file of an image."""
    with files.open_file(instance.file) as file:
        return file.read()


def note_progress(transfer: Transfer, count: int) -> None:
    """Move the numbers of the progress bar."""
    transfer.done += count
    transfer.trouble = ""
    transfer.save(update_fields=["total", "done", "trouble"])


def lots(things: Iterable[T]) -> Iterator[list[T]]:
    """Things in lots."""
    source = iter(things)
    while lot := list(islice(source, AT_ONCE)):
        yield lot
