"""Keeping a batch of images: read all, judge all against what is there, store all, write all. A dozen statements."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.kernel import files
from huizhen.kernel.access import Actor
from huizhen.kernel.files.models import File
from huizhen.kernel.late import Late
from huizhen.records.imaging import rules
from huizhen.records.imaging.actions.batches import Batch, Item
from huizhen.records.imaging.facts import BadImage, Header
from huizhen.records.imaging.models import ImagingImport, ImagingInstance, ImagingSeries, ImagingStudy, ImportProblem
from huizhen.records.imaging.queries import fingerprint_of

headers: Any = Late("huizhen.records.imaging.headers")

KEPT, KNOWN, DIRECTORY, ADOPTED = "kept", "known", "directory", "adopted"
TRIES = 4
EARLY = 1_000_000  # places of images that were kept before their zip was whole begin here
Write = Callable[[dict[int, files.Staged], datetime], None]


@dataclass
class Seen:
    """One file that was looked at. `verdict` is empty for a new image, else one of the words above or a problem."""

    item: Item
    header: Header | None = None
    digest: str = ""
    verdict: str = ""
    promised: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class There:
    """An image that is there: whose it is, its fingerprint, the import that brought it and its place in that."""

    who: UUID
    digest: str
    by: UUID | None
    place: int


class Overtaken(Exception):
    """Another job has kept this batch already."""


def keep_batch(run: ImagingImport, batch: Batch, at: datetime) -> bool:
    """Keep what is new of a batch and move the import's numbers; False when another job did it meanwhile.

    Raises:
        StorageTrouble: the store takes nothing.
    """
    looked = [look(item) for item in batch.items]
    return keep_looked(run, looked, at, partial(write, run, batch, looked))


def keep_looked(run: ImagingImport, looked: Sequence[Seen], at: datetime, write_rows: Write) -> bool:
    """Judge what was looked at, store what is new, and write the rows; False when another job did it meanwhile."""
    for attempt in range(TRIES):
        judge(run, looked)
        staged = store(run, looked, at)
        try:
            with transaction.atomic():
                write_rows(staged, at)
            return True
        except Overtaken:
            return False
        except IntegrityError:
            # Somebody else imports the same images at this moment; theirs were first. Judge again.
            if attempt == TRIES - 1:
                raise
    return False


def look(item: Item) -> Seen:
    """Read one file's header and fingerprint."""
    if item.problem:
        return Seen(item, verdict=item.problem)
    with item.stream() as stream:
        try:
            header = headers.read_header(stream)
        except BadImage as error:
            promised = headers.list_promised(stream) if str(error) == DIRECTORY else {}
            return Seen(item, verdict=str(error), promised=promised)
    if item.file is None and not files.fits(piece_of(item, header), "imaging"):
        return Seen(item, verdict="not_dicom")  # a program hides in it
    return Seen(item, header, fingerprint_of(item.file.sha256 if item.file else item.data))


def judge(run: ImagingImport, looked: Sequence[Seen]) -> None:
    """Say of each image whether it is new, by what is there and by what stood before it in the batch. Two queries."""
    images = [(seen, seen.header) for seen in looked if seen.header is not None]
    owners = dict(
        ImagingStudy.objects.filter(study_uid__in={header.study_uid for _seen, header in images}).values_list(
            "study_uid", "patient_id"
        )
    )
    rows = ImagingInstance.objects.filter(sop_uid__in={header.sop_uid for _seen, header in images}).values_list(
        "sop_uid", "series__study__patient_id", "fingerprint", "run_id", "place"
    )
    there = {uid: There(who, digest, by, place) for uid, who, digest, by, place in rows}
    for seen, header in images:
        seen.verdict = verdict(run, seen, owners.get(header.study_uid), there.get(header.sop_uid))
        if seen.verdict in ("", ADOPTED):
            there[header.sop_uid] = There(run.patient_id, seen.digest, run.id, seen.item.place)


def verdict(run: ImagingImport, seen: Seen, owner: UUID | None, there: There | None) -> str:
    """What to do with one image; empty when it is new."""
    if owner is not None and owner not in run.patient.person_ids:
        return "other_patient"
    if there is None:
        return ""
    if there.who not in run.patient.person_ids:
        return "other_patient"
    if there.digest != seen.digest:
        return "conflict"
    if there.by != run.id:
        return KNOWN
    return ADOPTED if there.place >= EARLY else "duplicate"


def store(run: ImagingImport, looked: Sequence[Seen], at: datetime) -> dict[int, files.Staged]:
    """Write the bytes of new images that came in a zip, by place: each can then be read without the zip.

    Their names in the zip are forgotten: they may hold the patient's.
    """
    fresh = [seen for seen in looked if not seen.verdict and seen.item.file is None]
    actor = Actor(account_id=run.started_by_id, name=str(run.started_by or ""))
    pieces = [piece_of(seen.item, seen.header) for seen in fresh if seen.header]
    staged = files.stage_many(pieces, actor=actor, at=at, purpose="imaging") if pieces else []
    return {seen.item.place: one for seen, one in zip(fresh, staged, strict=True)}


def piece_of(item: Item, header: Header) -> files.Piece:
    """A member of a zip under a name that says nothing about the patient."""
    return files.Piece(f"{header.sop_uid}.dcm", item.data)


def write(
    run: ImagingImport, batch: Batch, looked: Sequence[Seen], staged: dict[int, files.Staged], at: datetime
) -> None:
    """All rows of a batch and the import's numbers, or nothing.

    Raises:
        Overtaken: the import stands elsewhere than this batch begins. IntegrityError: an image is there by now.
    """
    held = ImagingImport.objects.select_for_update(no_key=True).get(id=run.id)
    if held.done != batch.start or held.ended_at is not None:
        raise Overtaken
    added = add_images(run, looked, staged, at)
    adopt(run, looked)
    note_promised(run, looked)
    write_problems(run, looked)
    held.done += len(looked)
    held.kept += added
    held.known += sum(seen.verdict == KNOWN for seen in looked)
    held.trouble = ""
    held.save(update_fields=["done", "kept", "known", "trouble"])


def add_images(run: ImagingImport, looked: Sequence[Seen], staged: dict[int, files.Staged], at: datetime) -> int:
    """The rows of the new images; returns how many there are."""
    kept = {place: one.file for place, one in staged.items()}
    files.settle_many(list(staged.values()))
    fresh = [(seen, seen.header) for seen in looked if seen.header is not None and not seen.verdict]
    if fresh:
        studies = write_studies(run, [header for _seen, header in fresh], at)
        series = write_series(studies, [header for _seen, header in fresh])
        ImagingInstance.objects.bulk_create(
            instance_of(run, seen, header, series[header.study_uid, header.series_uid], kept) for seen, header in fresh
        )
    return len(fresh)


def adopt(run: ImagingImport, looked: Sequence[Seen]) -> None:
    """Give images that were kept before their zip was whole the places they have in it."""
    places = {seen.header.sop_uid: seen.item.place for seen in looked if seen.header and seen.verdict == ADOPTED}
    if places:
        rows = list(ImagingInstance.objects.filter(run=run, sop_uid__in=places, place__gte=EARLY))
        for row in rows:
            row.place = places[row.sop_uid]
        ImagingInstance.objects.bulk_update(rows, ["place"])


def write_studies(run: ImagingImport, headers: Sequence[Header], at: datetime) -> dict[str, ImagingStudy]:
    """The studies of these images, made where they are missing; what does not fit the patient is added to each."""
    patient, first = run.patient, {header.study_uid: header for header in reversed(headers)}
    found: dict[str, set[str]] = {uid: set() for uid in first}
    for header in headers:
        found[header.study_uid].update(
            rules.compare(header, name=patient.name, birth_on=patient.birth_on, sex=patient.sex)
        )
    ImagingStudy.objects.bulk_create(
        (
            ImagingStudy(
                patient=patient, case_id=run.case_id, study_uid=uid, taken_on=header.study_on,
                description=header.study_description, warnings=sorted(found[uid]), added_by_id=run.started_by_id,
                added_at=at,
            )
            for uid, header in sorted(first.items())
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    studies = {study.study_uid: study for study in ImagingStudy.objects.filter(study_uid__in=first)}
    for uid, study in studies.items():
        if study.patient_id not in run.patient.person_ids:
            raise IntegrityError("the study has just become another patient's")
        if not found[uid] <= set(study.warnings):
            study.warnings = sorted({*study.warnings, *found[uid]})
            study.save(update_fields=["warnings"])
    return studies


def write_series(studies: dict[str, ImagingStudy], headers: Sequence[Header]) -> dict[tuple[str, str], ImagingSeries]:
    """The series of these images, by the two identifiers; made where they are missing."""
    first = {(header.study_uid, header.series_uid): header for header in reversed(headers)}
    ImagingSeries.objects.bulk_create(
        (
            ImagingSeries(
                study=studies[study_uid], series_uid=series_uid, number=header.series_number,
                modality=header.modality, description=header.series_description, body_part=header.body_part,
            )
            for (study_uid, series_uid), header in sorted(first.items())
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    rows = ImagingSeries.objects.select_related("study").filter(
        study__in=studies.values(), series_uid__in={key[1] for key in first}
    )
    return {(row.study.study_uid, row.series_uid): row for row in rows}


def instance_of(
    run: ImagingImport, seen: Seen, header: Header, series: ImagingSeries, kept: dict[int, File]
) -> ImagingInstance:
    """The row of one image."""
    return ImagingInstance(
        series=series, sop_uid=header.sop_uid, sop_class=header.sop_class, syntax=header.syntax,
        number=header.instance_number, position=header.position, rows=header.rows, columns=header.columns,
        frames=header.frames, file=seen.item.file or kept[seen.item.place], fingerprint=seen.digest, run=run,
        place=seen.item.place,
    )  # fmt: skip


def note_promised(run: ImagingImport, looked: Sequence[Seen]) -> None:
    """Remember how many images a disc's table of contents names, on studies of this patient."""
    for seen in looked:
        for uid, count in seen.promised.items():
            ImagingStudy.objects.filter(study_uid=uid, patient_id=run.patient_id).update(announced=count)


def write_problems(run: ImagingImport, looked: Sequence[Seen]) -> None:
    """One row for each file that was not kept and should have been."""
    ImportProblem.objects.bulk_create(
        ImportProblem(run=run, place=seen.item.place, name=seen.item.name, code=seen.verdict)
        for seen in looked
        if seen.verdict not in ("", KNOWN, DIRECTORY, ADOPTED)
    )
