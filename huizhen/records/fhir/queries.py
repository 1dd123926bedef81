"""Reads of copies and of bundles brought in; what stands in a copy for one reader; what a record holds."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from huizhen.kernel.access import Actor
from huizhen.kernel.crypto import blind
from huizhen.records.acting import day_of
from huizhen.records.documents.queries import documents_of, list_users
from huizhen.records.fhir import pieces, sources
from huizhen.records.fhir.models import FhirExport, FhirImport, FhirPiece
from huizhen.records.fhir.person import Known
from huizhen.records.fhir.results import Result, list_result_keys, read_result
from huizhen.records.fhir.shapes import Resource, url_of
from huizhen.records.fhir.verdicts import Record, identifiers_of
from huizhen.records.fhir.writer import Writer, further_sources
from huizhen.records.imaging.models import ImagingInstance, ImagingStudy
from huizhen.records.patients.models import Patient
from huizhen.records.patients.queries import list_joined


def write_copy(actor: Actor, patient: Patient, *, at: datetime, with_files: bool = False) -> Writer:
    """Everything of a record that the actor may read, written down. The caller has asked `may_take`."""
    writer = Writer(actor, patient, at=at, with_files=with_files)
    sources.write_patient(writer)
    sources.write_documents(writer)
    sources.write_studies(writer)
    sources.write_medicines(writer)
    sources.write_consents(writer)
    pieces.write_pieces(writer)
    for write in further_sources():
        write(writer)
    return writer


def count_pieces(patient: Patient) -> int:
    """How large a copy would be, before it is written: documents and single images."""
    images = ImagingInstance.objects.filter(series__study__patient_id__in=patient.person_ids).count()
    return images + documents_of(patient.person_ids).count()


def get_export(export_id: UUID) -> FhirExport | None:
    """A copy with its patient and file."""
    return FhirExport.objects.select_related("patient__replaced_by", "file", "asked_by").filter(id=export_id).first()


def list_exports(patient: Patient, account_id: UUID | None, *, at: datetime, limit: int = 5) -> list[FhirExport]:
    """The copies this account asked for and may still save, the latest first."""
    found = FhirExport.objects.filter(patient_id__in=patient.person_ids, asked_by_id=account_id, until__gt=at)
    return list(found.select_related("file").order_by("-asked_at", "-id")[:limit])


def list_over(*, at: datetime, limit: int = 500) -> list[UUID]:
    """The files of copies that nobody can save any more and whose bytes are still there, the oldest first."""
    found = FhirExport.objects.filter(until__lte=at, file__state="ready").order_by("until")
    return [key for key in found.values_list("file_id", flat=True)[:limit] if key]


def get_import(import_id: UUID) -> FhirImport | None:
    """A bundle on its way in, with its patient, file and people."""
    found = FhirImport.objects.select_related(
        "patient__replaced_by", "file", "started_by", "confirmed_by", "taken_back_by"
    )
    return found.filter(id=import_id).first()


def list_imports(patient: Patient, *, limit: int = 20) -> list[FhirImport]:
    """The bundles that were brought for a person, the latest first."""
    found = FhirImport.objects.filter(patient_id__in=patient.person_ids).select_related("started_by", "file")
    return list(found.order_by("-started_at", "-id")[:limit])


def read_record(actor: Actor, patient: Patient, *, at: datetime) -> Record:
    """What a record holds, as far as a bundle is compared with it. A copy of it, as the actor would take one, names
    everything by its identifiers, whichever floor it lies on."""
    held = write_copy(actor, patient, at=at).entries.values()
    keys = list_keys(patient)
    return Record(
        person=known(patient),
        born_on=patient.birth_on,
        today=day_of(at),
        identifiers={name: one["id"] for one in held for name in identifiers_of(one)},
        contents={row.file.sha256: str(row.id) for row in documents_of(patient.person_ids)},
        find_piece=lambda name: keys.get(fingerprint(name), ""),
        is_elsewhere=lambda uid: is_elsewhere(patient, uid),
    )


def known(patient: Patient) -> Known:
    """Who the person is, by all records joined to this one."""
    rows = [patient, *list_joined(patient)]
    return Known(
        documents=frozenset((row.identity_kind, row.identity_number) for row in rows if row.identity_number),
        keys=frozenset(url_of(row.id) for row in rows),
        names=frozenset(row.name for row in rows),
        births=frozenset(row.birth_on for row in rows),
    )


def fingerprint(name: str) -> str:
    """The keyed fingerprint under which a piece is found again."""
    return blind(name, purpose="records.fhir.piece").hex()


def list_keys(patient: Patient) -> dict[str, str]:
    """The pieces brought in before, by their fingerprints."""
    here = FhirPiece.objects.filter(patient_id__in=patient.person_ids, taken_back_at=None)
    rows = here.values_list("key", "id")
    return {key: str(piece_id) for key, piece_id in rows}


def is_elsewhere(patient: Patient, study_uid: str) -> bool:
    """Whether an examination is in the record of another person."""
    there = ImagingStudy.objects.filter(study_uid=study_uid).exclude(patient_id__in=patient.person_ids)
    return there.exists()


def get_piece(piece_id: UUID) -> FhirPiece | None:
    """A piece with its patient, and who brought it."""
    found = FhirPiece.objects.select_related("patient__replaced_by", "run__started_by")
    return found.filter(id=piece_id, taken_back_at=None).first()


def list_pieces_of(run: FhirImport) -> list[FhirPiece]:
    """What a bundle has brought, the newest day first; what was taken back is among it."""
    return list(FhirPiece.objects.filter(run=run).select_related("document").order_by("-on", "id"))


def find_held(found: Iterable[FhirPiece]) -> dict[UUID, str]:
    """Those of these pieces that a case rests on, with the number of the case: documents that were added to one, and
    what these refer to."""
    rows = {piece.id: piece for piece in found}
    cases = list_users([piece.document_id for piece in rows.values() if piece.document_id])
    held = {piece.id: cases[piece.document_id] for piece in rows.values() if piece.document_id in cases}
    todo = list(held)
    while todo:
        key = todo.pop()
        for other in pieces.list_named_keys(pieces.read_content(rows[key])) & rows.keys() - held.keys():
            held[other] = held[key]
            todo.append(other)
    return held


def list_results(piece: FhirPiece, content: Resource) -> list[Result]:
    """The lines of a report, or the one of a result by itself. The caller has checked access to the piece."""
    if piece.kind == "Observation" and not list_result_keys(content):
        return [read_result(content)]
    keys = list_result_keys(content)
    here = FhirPiece.objects.filter(taken_back_at=None)
    rows = here.filter(id__in=keys, patient_id__in=piece.patient.person_ids).in_bulk()
    return [read_result(pieces.read_content(rows[key])) for key in keys if key in rows]
