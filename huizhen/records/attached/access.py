"""The documents and the series of a case, and the medicines of its patient, in one statement, each by its own rule."""

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
from huizhen.records.medicines.access import SCOPE
from huizhen.records.medicines.models import Medicine
from huizhen.records.medicines.queries import in_order
from huizhen.records.patients.access import is_home
from huizhen.records.patients.grounds import find_further
from huizhen.records.patients.models import Patient

ASKED = "SELECT %s::uuid[] AS documents, %s::uuid[] AS studies, %s::uuid[] AS person"
PERSONS = "patient_id = ANY(ARRAY(SELECT unnest(person) FROM asked))"
DOCUMENTS = f"id = ANY(ARRAY(SELECT unnest(documents) FROM asked)) AND {PERSONS} AND removed_at IS NULL"  # noqa: S608 - constants of this file
MEDICINES = f"{PERSONS} AND status <> 'entered-in-error'"
STUDIES = f"id = ANY(ARRAY(SELECT unnest(studies) FROM asked)) AND {PERSONS}"  # noqa: S608 - as above
FRAMES = "(SELECT sum(i.frames) FROM records_imaginginstance i WHERE i.series_id = records_imagingseries.id)"
SOURCES = (
    Source(Document, DOCUMENTS),
    Source(File, f"id IN (SELECT file_id FROM records_document WHERE {DOCUMENTS})"),  # noqa: S608 - as above
    Source(ImagingStudy, STUDIES),
    Source(ImagingSeries, f"study_id IN (SELECT id FROM records_imagingstudy WHERE {STUDIES})", (("images", FRAMES),)),  # noqa: S608 - as above
    Source(Medicine, MEDICINES),
)


@dataclass(frozen=True)
class Attached:
    """Documents with their files, the latest first; studies by key; series in order, with `images` (frames); medicines,
    those taken now first."""

    documents: tuple[Any, ...] = ()
    studies: tuple[Any, ...] = ()
    series: tuple[Any, ...] = ()
    medicines: tuple[Any, ...] = ()


def list_attached(
    actor: Actor,
    patient: Patient,
    *,
    documents: Collection[UUID],
    studies: Collection[UUID],
    case_id: UUID,
    reach: Callable[[], Reach],
    at: datetime,
) -> Attached:
    """Those of these documents and studies that are the patient's and that the actor may read; and the medicines.

    They are what was laid before the case `case_id`, whose consent decides. `reach` gives the consents that reach the
    actor, and is asked only of who needs one. The caller has loaded the case for the actor, which left the audit entry.
    """
    found = gather(ASKED, SOURCES, [list(documents), list(studies), list(patient.person_ids)])
    papers, files, pictures, series, medicines = found
    if not is_home(actor, patient):
        papers, pictures, medicines = _permitted(actor, patient, (papers, pictures, medicines), case_id, reach(), at)
    by_key = {file.id: file for file in files}
    for paper in papers:
        paper.file = by_key[paper.file_id]
    shown = {study.id for study in pictures}
    return Attached(
        tuple(sorted(papers, key=lambda one: (one.uploaded_at, one.id), reverse=True)),
        tuple(pictures),
        tuple(sorted((one for one in series if one.study_id in shown), key=_place)),
        tuple(in_order(medicines)),
    )


def _permitted(
    actor: Actor,
    patient: Patient,
    there: tuple[list[Any], list[Any], list[Any]],
    case_id: UUID,
    reach: Reach,
    at: datetime,
) -> tuple[list[Any], list[Any], list[Any]]:
    """What consent opens; where that is not all, another ground may open the whole record."""
    papers, pictures, medicines = there
    read = papers if reach.opens("documents", case_id) else []
    seen = pictures if reach.opens("imaging", case_id) else []
    taken = medicines if reach.opens(SCOPE, case_id) else []
    if (read, seen, taken) != there and find_further(actor, patient, at=at):
        return there
    return read, seen, taken


def _place(series: Any) -> tuple[Any, ...]:
    return (series.study_id, series.number is None, series.number or 0, series.id)
