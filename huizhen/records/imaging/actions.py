"""Importing images: start, run (in a job, as often as needed), keep one image."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.kernel import audit, files, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.crypto import blind
from huizhen.kernel.files.models import File
from huizhen.kernel.late import Late
from huizhen.records.acting import account_of
from huizhen.records.imaging import archives, rules
from huizhen.records.imaging.facts import BadImage, Header
from huizhen.records.imaging.models import (
    ImagingImport,
    ImagingInstance,
    ImagingSeries,
    ImagingStudy,
    ImportProblem,
)
from huizhen.records.patients.access import ADD
from huizhen.records.patients.models import Patient
from huizhen.records.refused import Refused

headers: Any = Late("huizhen.records.imaging.headers")

ZIP, DICOM = "application/zip", "application/dicom"
KEPT, KNOWN, DIRECTORY = "kept", "known", "directory"
STEP = 20  # files between two writes of the progress


@dataclass(frozen=True)
class Item:
    """One file of an upload: at which place, called what; its bytes, or why there are none."""

    place: int
    name: str
    stream: BinaryIO | None = None
    file: File | None = None
    problem: str = ""


def start_import(
    patient: Patient, file_ids: Sequence[UUID], *, actor: Actor, at: datetime, case_id: UUID | None = None
) -> ImagingImport:
    """Begin to take finished uploads (DICOM files or zips of them) into a record; a job does the work.

    `patient` was loaded by `access_patient(actor, id, to="add")`. Emits `records.imaging.uploaded`.

    Raises:
        Refused: `files`.
    """
    uploads = File.objects.filter(id__in=file_ids, created_by_id=actor.account_id)
    found = {file.id: file for file in uploads}
    if not file_ids or len(found) < len(set(file_ids)):
        raise Refused({"files": "not_yours" if file_ids else "missing"})
    if any(file.state != "ready" for file in found.values()):
        raise Refused({"files": "not_ready"})
    if any(file.media_type not in (ZIP, DICOM) for file in found.values()):
        raise Refused({"files": "not_imaging"})
    with transaction.atomic():
        run = ImagingImport.objects.create(
            patient=patient, case_id=case_id, files=list(dict.fromkeys(file_ids)), started_by_id=account_of(actor, ADD),
            started_at=at,
        )  # fmt: skip
        audit.record(
            actor, "records.imaging.uploaded", subject_kind="import", subject_id=run.id, patient_id=patient.id,
            case_id=case_id, organisation_id=patient.organisation_id, at=at,
        )  # fmt: skip
        outbox.emit("records.imaging.uploaded", run=str(run.id))
    return run


def run_import(import_id: UUID, *, at: datetime) -> ImagingImport:
    """Do the work of an import. May run again after a crash: what was kept is recognised, nothing is kept twice.

    Emits `records.imaging.imported` once, with the numbers.
    """
    run = ImagingImport.objects.select_related("patient", "started_by").get(id=import_id)
    if run.ended_at is not None:
        return run
    run.total = count_files(run)
    run.done = run.kept = run.known = 0
    for item in list_items(run):
        outcome = item.problem or keep_image(run, item, at)
        run.done += 1
        run.kept += outcome == KEPT
        run.known += outcome == KNOWN
        if outcome not in (KEPT, KNOWN, DIRECTORY):
            ImportProblem.objects.get_or_create(
                run=run, place=item.place, defaults={"name": item.name, "code": outcome}
            )
        if run.done % STEP == 0:
            run.save(update_fields=["total", "done", "kept", "known"])
    finish(run, at)
    return run


def finish(run: ImagingImport, at: datetime) -> None:
    """Close the import and tell; a second job that ends at the same time tells nothing."""
    with transaction.atomic():
        held = ImagingImport.objects.select_for_update().get(id=run.id)
        if held.ended_at is None:
            run.total, run.ended_at = run.done, at
            run.save(update_fields=["total", "done", "kept", "known", "ended_at"])
            outbox.emit(
                "records.imaging.imported", run=str(run.id), patient=str(run.patient_id),
                case=str(run.case_id) if run.case_id else None, kept=run.kept, known=run.known,
                problems=run.done - run.kept - run.known,
            )  # fmt: skip


def count_files(run: ImagingImport) -> int:
    """How many files there are to look at, for the progress bar."""
    total = 0
    for file in File.objects.filter(id__in=run.files):
        if file.media_type != ZIP:
            total += 1
            continue
        try:
            with files.open_file(file) as stream:
                total += archives.count_members(stream)
        except archives.BadArchive:
            total += 1
    return total


def list_items(run: ImagingImport) -> Iterator[Item]:
    """Every file of an import, always in the same order; one is open at a time."""
    uploads = {file.id: file for file in File.objects.filter(id__in=run.files)}
    place = 0
    for file_id in run.files:
        file = uploads.get(file_id)
        if file is None:
            yield Item(place, "", problem="gone")
            place += 1
            continue
        with files.open_file(file) as stream:
            if file.media_type != ZIP:
                yield Item(place, file.name, stream, file)
                place += 1
                continue
            for member in members(stream, file.name):
                yield Item(place, member.name, io.BytesIO(member.data), problem=member.problem)
                place += 1


def members(stream: BinaryIO, name: str) -> Iterator[archives.Member]:
    """The members of a zip, or the zip itself with what is wrong with it."""
    try:
        yield from archives.walk(stream)
    except archives.BadArchive as error:
        yield archives.Member(name, problem=str(error))


def keep_image(run: ImagingImport, item: Item, at: datetime) -> str:
    """Keep one image; gives `kept`, `known`, `directory` or the code of the problem."""
    stream = item.stream
    if stream is None:
        return "gone"
    try:
        header = headers.read_header(stream)
    except BadImage as error:
        return str(error)
    digest = fingerprint(stream)
    verdict = judge(run, item, header, digest)
    if verdict:
        return verdict
    try:
        file = item.file or store_member(run, header, stream, at)
    except files.Refused:
        return "not_dicom"
    try:
        with transaction.atomic():
            write_image(run, item, header, file, digest, at)
    except IntegrityError:
        # Somebody else imports the same images at this moment; theirs were first.
        return judge(run, item, header, digest) or "conflict"
    return KEPT


def fingerprint(stream: BinaryIO) -> str:
    """A keyed digest of the whole file, hexadecimal; a plain one would let anybody look for a known image."""
    stream.seek(0)
    digest = hashlib.sha256()
    while chunk := stream.read(1 << 20):
        digest.update(chunk)
    return blind(digest.hexdigest(), purpose="records.imaging.file").hex()


def judge(run: ImagingImport, item: Item, header: Header, digest: str) -> str:
    """What to do with an image by what is there already; empty when it is new."""
    study = ImagingStudy.objects.filter(study_uid=header.study_uid).first()
    if study is not None and study.patient_id != run.patient_id:
        return "other_patient"
    there = ImagingInstance.objects.select_related("series__study").filter(sop_uid=header.sop_uid).first()
    if there is None:
        return ""
    if there.series.study.patient_id != run.patient_id:
        return "other_patient"
    if there.fingerprint != digest:
        return "conflict"
    if there.run_id != run.id:
        return KNOWN
    return KEPT if there.place == item.place else "duplicate"


def store_member(run: ImagingImport, header: Header, stream: BinaryIO, at: datetime) -> File:
    """Keep a member of a zip as a file of its own, so that one image can be read without the zip.

    Its name in the zip is forgotten: it may hold the patient's. Raises files.Refused: a program hides in it.
    """
    stream.seek(0)
    actor = Actor(account_id=run.started_by_id, name=str(run.started_by))
    return files.store(f"{header.sop_uid}.dcm", stream.read(), actor=actor, at=at, purpose="imaging")


def write_image(run: ImagingImport, item: Item, header: Header, file: File, digest: str, at: datetime) -> None:
    """The rows of one image; study and series are made with their first one."""
    patient = run.patient
    warnings = rules.compare(header, name=patient.name, birth_on=patient.birth_on, sex=patient.sex)
    study, made = ImagingStudy.objects.get_or_create(
        study_uid=header.study_uid,
        defaults={
            "patient": patient, "case_id": run.case_id, "taken_on": header.study_on,
            "description": header.study_description, "warnings": warnings, "added_by_id": run.started_by_id,
            "added_at": at,
        },
    )  # fmt: skip
    if not made and not set(warnings) <= set(study.warnings):
        study.warnings = sorted({*study.warnings, *warnings})
        study.save(update_fields=["warnings"])
    series, _made = ImagingSeries.objects.get_or_create(
        study=study,
        series_uid=header.series_uid,
        defaults={
            "number": header.series_number, "modality": header.modality, "description": header.series_description,
            "body_part": header.body_part,
        },
    )  # fmt: skip
    ImagingInstance.objects.create(
        series=series, sop_uid=header.sop_uid, sop_class=header.sop_class, syntax=header.syntax,
        number=header.instance_number, position=header.position, rows=header.rows, columns=header.columns,
        frames=header.frames, file=file, fingerprint=digest, run=run, place=item.place,
    )  # fmt: skip
