"""Reads of copies; and what stands in one for one reader."""

from datetime import datetime
from uuid import UUID

from huizhen.kernel.access import Actor
from huizhen.records.documents.queries import documents_of
from huizhen.records.fhir import sources
from huizhen.records.fhir.models import FhirExport
from huizhen.records.fhir.writer import Writer, further_sources
from huizhen.records.imaging.models import ImagingInstance
from huizhen.records.patients.models import Patient


def write_copy(actor: Actor, patient: Patient, *, at: datetime, with_files: bool = False) -> Writer:
    """Everything of a record that the actor may read, written down. The caller has asked `may_take`."""
    writer = Writer(actor, patient, at=at, with_files=with_files)
    sources.write_patient(writer)
    sources.write_documents(writer)
    sources.write_studies(writer)
    sources.write_consents(writer)
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
