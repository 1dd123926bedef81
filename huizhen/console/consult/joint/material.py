"""Documents and images of a consultation: shown as far as consent reaches, and taken from uploads into the record."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from huizhen.console.consult.joint import links
from huizhen.console.days import day
from huizhen.console.shapes import Attachment, Series
from huizhen.console.taken import to_lines
from huizhen.consult.joint.access import Seen
from huizhen.kernel import files
from huizhen.kernel.access import Actor
from huizhen.kernel.clock import now
from huizhen.records.attached.access import Attached, list_attached
from huizhen.records.documents.actions import add_document
from huizhen.records.documents.queries import documents_of
from huizhen.records.imaging.actions import start_import
from huizhen.records.imaging.queries import list_series_of, studies_of
from huizhen.records.imaging.rules import WARNINGS
from huizhen.records.patients.access import access_patient

SIZES = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB"))
TYPES = {"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG"}
TITLE_LENGTH = 80
ANOTHER_PERSON = ("name_differs", "birth_differs", "sex_differs")


def of_case(seen: Seen) -> dict[str, Any]:
    """The material of a case that the reader's consent reaches, as tiles and files, and what the patient takes."""
    rows = list(seen.application.materials.all())
    document_ids = {row.document_id for row in rows if row.document_id}
    study_ids = {row.study_id for row in rows if row.study_id}
    patient = seen.application.patient
    attached = list_attached(
        seen.actor,
        patient,
        documents=document_ids,
        studies=study_ids,
        case_id=seen.application.case_id,
        reach=lambda: seen.reach,
        at=now(),
    )
    return {
        "closed": _closed(seen) if rows and not attached.documents and not attached.studies else "",
        "documents": [to_file(one) for one in attached.documents], "missing": [], "add": "", "faults": [],
        "series": tiles(attached), "medicines": to_lines(attached.medicines),
    }  # fmt: skip


def _closed(seen: Seen) -> str:
    """Why nothing is shown though there is something."""
    if seen.is_agreed:
        return _("The patient's consent does not reach this material.")
    return _("No consent of the patient is in force any more: the material is closed.")


def before_accepting(seen: Seen) -> dict[str, Any]:
    """In place of the material, for who was asked to take part: how much there is, and when it opens."""
    if not seen.is_asked_open:
        return {"closed": _closed(seen)}
    rows = list(seen.application.materials.all())
    if not rows:
        return {}
    studies, documents = sum(1 for row in rows if row.study_id), sum(1 for row in rows if row.document_id)
    counts = [
        ngettext("%(n)s imaging study", "%(n)s imaging studies", studies) % {"n": studies} if studies else "",
        ngettext("%(n)s document", "%(n)s documents", documents) % {"n": documents} if documents else "",
    ]
    said = {"what": " · ".join(filter(None, counts))}
    return {"closed": _("With this case: %(what)s. You can look at them once you have accepted.") % said}


def of_referral(referral: Any) -> dict[str, Any]:
    """The material of the consultation a referral comes from, for whoever may read its letter (`Seen.opens`). Each
    thing is opened by its own page, which checks again."""
    rows = list(referral.application.materials.all())
    document_ids = {row.document_id for row in rows if row.document_id}
    study_ids = {row.study_id for row in rows if row.study_id}
    person = referral.application.patient.person_ids
    studies = tuple(one for one in studies_of(person) if one.id in study_ids)
    pictures = Attached(studies=studies, series=tuple(list_series_of(one.id for one in studies)))
    return {
        "documents": [to_file(one) for one in documents_of(person) if one.id in document_ids],
        "series": tiles(pictures),
    }


def to_file(document: Any) -> Attachment:
    """A document as a file that opens."""
    kind = TYPES.get(document.file.media_type, "")
    parts = (str(document.get_kind_display()), kind, size(document.file.size))
    return Attachment(document.title, links.document(document.id), " · ".join(parts), document.id)


def tiles(attached: Attached) -> list[Series]:
    """The series of studies as tiles."""
    studies = {study.id: study for study in attached.studies}
    return [
        Series(
            links.series(one.id), links.thumb(one.id, one.images or 1),
            one.description or studies[one.study_id].description or one.modality, one.images or 0,
            " · ".join(part for part in (one.modality, day(studies[one.study_id].taken_on)) if part),
            doubts(studies[one.study_id]),
        )
        for one in attached.series
    ]  # fmt: skip


def doubts(study: Any) -> tuple[str, ...]:
    """Sentences that a study may be another person's: what nobody who reads it should overlook."""
    return tuple(str(WARNINGS[code]) for code in ANOTHER_PERSON if code in study.warnings)


def study_label(study: Any) -> str:
    """A study in one line."""
    count = study.images or 0
    images = ngettext("%(n)s image", "%(n)s images", count) % {"n": count}
    parts = (study.description or _("Imaging"), day(study.taken_on), images, *doubts(study))
    return " · ".join(str(part) for part in parts if part)


def size(count: int) -> str:
    """Bytes as people say them."""
    return next((f"{count / unit:.1f} {name}" for unit, name in SIZES if count >= unit), f"{count} B")


@dataclass
class Taken:
    """What a form's uploads became in the record."""

    documents: list[UUID] = field(default_factory=list)
    imports: list[UUID] = field(default_factory=list)


def take(actor: Actor, patient_id: UUID, sent: QueryDict, *, at: datetime, case_id: UUID | None = None) -> Taken:
    """Put the uploads named in a form (`document`, `imaging`) into the patient's record; an import runs as a job.

    Raises:
        NotVisible, NotAllowed; records.refused.Refused: a file cannot be used.
    """
    document_files, imaging_files = keys(sent.getlist("document")), keys(sent.getlist("imaging"))
    taken = Taken()
    if not document_files and not imaging_files:
        return taken
    patient = access_patient(actor, patient_id, to="add")
    for file_id in document_files:
        title = title_of(files.get_upload(file_id, actor).name)
        made = add_document(
            patient, file_id=file_id, kind=guess_kind(title), title=title, actor=actor, at=at, case_id=case_id
        )
        taken.documents.append(made.id)
    if imaging_files:
        taken.imports.append(start_import(patient, imaging_files, actor=actor, at=at, case_id=case_id).id)
    return taken


def title_of(name: str) -> str:
    """A file's name without its ending."""
    return (name.rpartition(".")[0] or name)[:TITLE_LENGTH]


# The words people give their files.
WORDS = (
    ("lab_report", re.compile("化验|检验|血|尿|lab|blood", re.I)),
    ("pathology", re.compile("病理|patholog", re.I)),
    ("ecg", re.compile("心电|ecg|ekg", re.I)),
    ("discharge_summary", re.compile("出院|discharge", re.I)),
    ("imaging_report", re.compile("影像|超声|报告单|ultrasound", re.I)),
    ("record", re.compile("病历|病程|record", re.I)),
)


def guess_kind(title: str) -> str:
    """What a document probably is, by the words of its name; `other` where they say nothing."""
    return next((kind for kind, words in WORDS if words.search(title)), "other")


def keys(values: Iterable[str]) -> list[UUID]:
    """Ids out of a form; anything else is left out."""
    found = []
    for value in values:
        try:
            found.append(UUID(value))
        except ValueError:
            continue
    return list(dict.fromkeys(found))
