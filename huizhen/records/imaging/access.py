"""Who may look at images. Opening a study is one audit entry; scrolling a series is one an hour."""

from datetime import datetime
from typing import Any
from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotVisible, may
from huizhen.records.consent.queries import readable_cases
from huizhen.records.imaging.models import (
    ImagingImport,
    ImagingInstance,
    ImagingReading,
    ImagingSeries,
    ImagingStudy,
)
from huizhen.records.imaging.queries import among_cases, studies_of
from huizhen.records.patients.access import READ, may_see
from huizhen.records.patients.models import Patient


def access_study(actor: Actor, study_id: UUID) -> ImagingStudy:
    """Load a study to read it. Raises NotVisible."""
    study = ImagingStudy.objects.select_related("patient").filter(id=study_id).first()
    at = clock.now()
    if study is None or not may_read(actor, study, at):
        raise NotVisible(study_id)
    note(actor, study, "records.study.read", "study", study.id, at)
    return study


def access_series(actor: Actor, series_id: UUID) -> ImagingSeries:
    """Load a series to scroll through it. Raises NotVisible."""
    series = ImagingSeries.objects.select_related("study__patient").filter(id=series_id).first()
    at = clock.now()
    if series is None or not may_read(actor, series.study, at):
        raise NotVisible(series_id)
    note_reading(actor, series, at)
    return series


def access_instance(actor: Actor, instance_id: UUID) -> ImagingInstance:
    """Load one image, consent checked each time: a withdrawn consent stops the next image. Raises NotVisible."""
    found = ImagingInstance.objects.select_related("series__study__patient", "file")
    instance = found.filter(id=instance_id).first()
    at = clock.now()
    if instance is None or not may_read(actor, instance.series.study, at):
        raise NotVisible(instance_id)
    note_reading(actor, instance.series, at)
    return instance


def access_import(actor: Actor, import_id: UUID) -> ImagingImport:
    """Load an import to see its progress: who started it, and who may read the patient. Raises NotVisible."""
    run = ImagingImport.objects.select_related("patient").filter(id=import_id).first()
    if run is None:
        raise NotVisible(import_id)
    if not may_see(actor, run.patient, "imaging", run.case_id, at=clock.now()):
        raise NotVisible(import_id)
    return run


def list_studies(actor: Actor, patient: Patient, *, case_id: UUID | None = None) -> list[ImagingStudy]:
    """The studies of a patient that the actor may read, the latest first; those of one case with `case_id`.

    `patient` was loaded by `access_patient`, which left the audit entry.
    """
    found = studies_of(patient.id)
    if case_id is not None:
        found = found.filter(case_id=case_id)
    if patient.id in actor.patient_ids or may(actor, READ, patient.organisation_id):
        return list(found)
    everything, cases = readable_cases(actor, patient.id, "imaging", at=clock.now())
    if everything:
        return list(found)
    return list(found.filter(among_cases(cases))) if cases else []


def may_read(actor: Actor, study: ImagingStudy, at: datetime) -> bool:
    """Whether the actor may read this study now."""
    return may_see(actor, study.patient, "imaging", study.case_id, at=at)


def note_reading(actor: Actor, series: ImagingSeries, at: datetime) -> None:
    """One audit entry for the first image of a series that somebody looks at in an hour: the patient wants to know
    who looked, not how often they turned the wheel."""
    if actor.account_id is None:
        note(actor, series.study, "records.series.read", "series", series.id, at)
        return
    reading = ImagingReading(
        series=series, account_id=actor.account_id, hour=at.replace(minute=0, second=0, microsecond=0)
    )
    seen = ImagingReading.objects.filter(series=series, account_id=actor.account_id, hour=reading.hour)
    if seen.exists():
        return
    # Two first images at once may leave two entries; a missing entry would be worse.
    ImagingReading.objects.bulk_create([reading], ignore_conflicts=True)
    note(actor, series.study, "records.series.read", "series", series.id, at)


def note(actor: Actor, study: ImagingStudy, action: str, kind: str, subject_id: Any, at: datetime) -> None:
    """The audit entry of a look."""
    audit.record(
        actor, action, subject_kind=kind, subject_id=subject_id, patient_id=study.patient_id, case_id=study.case_id,
        organisation_id=study.patient.organisation_id, at=at,
    )  # fmt: skip
