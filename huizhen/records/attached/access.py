"""The documents and the series of a case in one statement, each by its own rule."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from huizhen.kernel.access import Actor
from huizhen.kernel.files.models import File
from huizhen.kernel.statements import Source, gather
from huizhen.records.consent.queries import Reach
from huizhen.records.documents.models import Document
from huizhen.records.imaging.models import ImagingSeries, ImagingStudy
from huizhen.records.patients.access import is_home
from huizhen.records.patients.grounds import find_further
from huizhen.records.patients.models import Patient

ASKED = "SELECT %s::uuid[] AS documents, %s::uuid[] AS studies, %s::uuid[] AS person"
PERSONS = "patient_id = ANY(ARRAY(SELECT unnest(person) FROM asked))"
DOCUMENTS = f"id = ANY(ARRAY(SELECT unnest(documents) FROM asked)) AND {PERSONS} AND removed_at IS NULL"  # noqa: S608 - constants of this file
STUDIES = f"id = ANY(ARRAY(SELECT unnest(studies) FROM asked)) AND {PERSONS}"  # noqa: S608 - as above
FRAMES = "(SELECT sum(i.frames) FROM records_imaginginstance i WHERE i.series_id = records_imagingseries.id)"
SOURCES = (
    Source(Document, DOCUMENTS),
    Source(File, f"id IN (SELECT file_id FROM records_document WHERE {DOCUMENTS})"),  # noqa: S608 - as above
    Source(ImagingStudy, STUDIES),
    Source(ImagingSeries, f"study_id IN (SELECT id FROM records_imagingstudy WHERE {STUDIES})", (("images", FRAMES),)),  # noqa: S608 - as above
)


@dataclass(frozen=True)
class Attached:
    """Documents with their files, the latest first; studies by key; series in order, with `images` (frames)."""

    documents: tuple[Any, ...] = ()
    studies: tuple[Any, ...] = ()
    series: tuple[Any, ...] = ()


def list_attached(
    actor: Actor,
    patient: Patient,
    *,
    documents: Collection[UUID],
    studies: Collection[UUID],
    reach: Callable[[], Reach],
    at: datetime,
) -> Attached:
    """Those of these documents and studies that are the patient's and that the actor may read.

    `reach` gives the consents that reach the actor, and is asked only of who needs one. The caller has loaded the
    case for the actor, which left the audit entry.
    """
    if not documents and not studies:
        return Attached()
    found = gather(ASKED, SOURCES, [list(documents), list(studies), list(patient.person_ids)])
    papers, files, pictures, series = found
    if not is_home(actor, patient):
        papers, pictures = _permitted(actor, patient, papers, pictures, reach(), at)
    by_key = {file.id: file for file in files}
    for paper in papers:
        paper.file = by_key[paper.file_id]
    shown = {study.id for study in pictures}
    return Attached(
        tuple(sorted(papers, key=lambda one: (one.uploaded_at, one.id), reverse=True)),
        tuple(pictures),
        tuple(sorted((one for one in series if one.study_id in shown), key=_place)),
    )


def _permitted(
    actor: Actor, patient: Patient, papers: list[Any], pictures: list[Any], reach: Reach, at: datetime
) -> tuple[list[Any], list[Any]]:
    """What consent opens; where that is not all, another ground may open the whole record."""
    read = [one for one in papers if reach.opens("documents", one.case_id)]
    seen = [one for one in pictures if reach.opens("imaging", one.case_id)]
    if (len(read), len(seen)) != (len(papers), len(pictures)) and find_further(actor, patient, at=at):
        return papers, pictures
    return read, seen


def _place(series: Any) -> tuple[Any, ...]:
    return (series.study_id, series.number is None, series.number or 0, series.id)
