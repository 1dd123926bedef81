"""Who may look at images. Opening a study is one audit entry; scrolling a series is one an hour."""

from datetime import datetime
from typing import Any
from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may_on_case
from huizhen.kernel.flow.models import Case
from huizhen.kernel.flow.queries import get_capacities
from huizhen.records.consent.queries import Piece, among, is_laid, readable_cases
from huizhen.records.imaging.models import (
    ImagingImport,
    ImagingInstance,
    ImagingReading,
    ImagingSeries,
    ImagingStudy,
    KeyImage,
)
from huizhen.records.imaging.queries import studies_of
from huizhen.records.patients.access import find_ground, is_home, may_see
from huizhen.records.patients.grounds import find_further
from huizhen.records.patients.models import Patient

MARK = grant("records:keyimage:mark", participants=("applicant", "expert", "chair"))
SEE_MARKS = grant(
    "records:keyimage:see",
    team_roles=("coordinator", "team_lead"),
    participants=("applicant", "patient", "family", "invitee", "expert", "chair"),
)


def access_study(actor: Actor, study_id: UUID) -> ImagingStudy:
    """Load a study to read it. Raises NotVisible."""
    study = ImagingStudy.objects.select_related("patient").filter(id=study_id).first()
    at = clock.now()
    ground = find_of(actor, study, at) if study else None
    if study is None or ground is None:
        raise NotVisible(study_id)
    note(actor, study, "records.study.read", "study", study.id, at, ground)
    return study


def access_series(actor: Actor, series_id: UUID, *, asked_for: UUID | None = None) -> ImagingSeries:
    """Load a series to scroll through it; `asked_for`: the case it is opened from, whose consent then decides. Raises
    NotVisible."""
    series = ImagingSeries.objects.select_related("study__patient").filter(id=series_id).first()
    at = clock.now()
    ground = find_of(actor, series.study, at, asked_for) if series else None
    if series is None or ground is None:
        raise NotVisible(series_id)
    note_reading(actor, series, at, ground)
    return series


def access_instance(actor: Actor, instance_id: UUID, *, asked_for: UUID | None = None) -> ImagingInstance:
    """Load one image, consent checked each time: a withdrawn consent stops the next image. `asked_for`: as of a
    series. Raises NotVisible."""
    found = ImagingInstance.objects.select_related("series__study__patient", "file")
    instance = found.filter(id=instance_id).first()
    at = clock.now()
    ground = find_of(actor, instance.series.study, at, asked_for) if instance else None
    if instance is None or ground is None:
        raise NotVisible(instance_id)
    note_reading(actor, instance.series, at, ground)
    return instance


def access_import(actor: Actor, import_id: UUID) -> ImagingImport:
    """Load an import to see its progress: who started it, and who may read the patient. Raises NotVisible."""
    run = ImagingImport.objects.select_related("patient").filter(id=import_id).first()
    if run is None:
        raise NotVisible(import_id)
    # No study has a run's key: it belongs to the case it was started for.
    if not may_see(actor, run.patient, "imaging", Piece(run.id, run.case_id), at=clock.now()):
        raise NotVisible(import_id)
    return run


def list_imports(actor: Actor, patient: Patient, *, since: datetime) -> list[ImagingImport]:
    """The imports that the actor has started since then, the latest first; none for who may not see what they brought.

    `patient` was loaded by `access_patient`, or with the case by its own access, which left the audit entry.
    """
    if actor.account_id is None or not may_see(actor, patient, "imaging", at=clock.now()):
        return []
    found = ImagingImport.objects.filter(patient_id__in=patient.person_ids, started_by_id=actor.account_id)
    found = found.filter(started_at__gte=since)
    return list(found.order_by("-started_at", "-id"))


def list_studies(actor: Actor, patient: Patient, *, case_id: UUID | None = None) -> list[ImagingStudy]:
    """The studies of a patient that the actor may read, the latest first; those of one case with `case_id`.

    `patient` was loaded by `access_patient`, which left the audit entry.
    """
    found = studies_of(patient.person_ids)
    if case_id is not None:
        found = found.filter(case_id=case_id)
    if is_home(actor, patient):
        return list(found)
    if case_id is None and find_further(actor, patient, at=clock.now()):
        return list(found)
    everything, cases = readable_cases(actor, patient.person_ids, "imaging", at=clock.now())
    if everything:
        return list(found)
    return list(found.filter(among("imaging", cases))) if cases else []


def list_others(actor: Actor, study: ImagingStudy) -> list[ImagingStudy]:
    """The other studies of the same person that the actor could open now, the latest first, to lay one beside this.

    To be told of them is no look: whichever is opened leaves its own entry. `study` was loaded by this module.
    """
    return [one for one in list_studies(actor, study.patient) if one.id != study.id]


def find_of(actor: Actor, study: ImagingStudy, at: datetime, asked_for: UUID | None = None) -> dict[str, str] | None:
    """What lets the actor read this study now, as the audit keeps it; None: nothing."""
    return find_ground(actor, study.patient, "imaging", Piece(study.id, study.case_id, asked_for), at=at)


def note_reading(actor: Actor, series: ImagingSeries, at: datetime, ground: dict[str, str]) -> None:
    """One audit entry for the first image of a series that somebody looks at in an hour: the patient wants to know
    who looked, not how often they turned the wheel."""
    if actor.account_id is None:
        note(actor, series.study, "records.series.read", "series", series.id, at, ground)
        return
    reading = ImagingReading(
        series=series, account_id=actor.account_id, hour=at.replace(minute=0, second=0, microsecond=0)
    )
    seen = ImagingReading.objects.filter(series=series, account_id=actor.account_id, hour=reading.hour)
    if seen.exists():
        return
    # Two first images at once may leave two entries; a missing entry would be worse.
    ImagingReading.objects.bulk_create([reading], ignore_conflicts=True)
    note(actor, series.study, "records.series.read", "series", series.id, at, ground)


def note(
    actor: Actor,
    study: ImagingStudy,
    action: str,
    kind: str,
    subject_id: Any,
    at: datetime,
    ground: dict[str, str] | None = None,
) -> None:
    """The audit entry of a look, with the emergency access it was made under, if any."""
    audit.record(
        actor, action, subject_kind=kind, subject_id=subject_id, patient_id=study.patient_id, case_id=study.case_id,
        organisation_id=study.patient.organisation_id, data=ground, at=at,
    )  # fmt: skip


def may_mark(actor: Actor, study: ImagingStudy, case_id: UUID, permission: str = MARK) -> bool:
    """Whether the actor may mark (or see what is marked of) this study in this case of the same patient."""
    return may_take_part(actor, study, case_id, permission, still_open=permission == MARK)


def may_take_part(
    actor: Actor, study: ImagingStudy, case_id: UUID, permission: str, *, still_open: bool = False
) -> bool:
    """Whether the actor holds a permission on this case, the case is of the study's patient, and the study was not
    brought for another one alone; with `still_open` the case may not be over."""
    case = Case.objects.filter(id=case_id, patient_id__in=study.patient.person_ids).first()
    if case is None or (still_open and case.closed_at is not None):
        return False
    if study.case_id not in (None, case_id) and not is_laid("imaging", study.id, case_id):
        return False
    return may_on_case(actor, permission, case, get_capacities([case_id], actor.account_id).get(case_id, ()))


def access_image_to_mark(actor: Actor, instance_id: UUID, case_id: UUID) -> ImagingInstance:
    """Load an image to mark it in a case. Raises NotVisible; NotAllowed: seen, but not to be marked by this actor."""
    instance = access_instance(actor, instance_id, asked_for=case_id)
    if not may_mark(actor, instance.series.study, case_id):
        raise NotAllowed(MARK)
    return instance


def access_mark(actor: Actor, mark_id: UUID) -> KeyImage:
    """Load a mark to take it back. Raises NotVisible, NotAllowed."""
    mark = KeyImage.objects.select_related("instance__series__study").filter(id=mark_id).first()
    if mark is None:
        raise NotVisible(mark_id)
    access_image_to_mark(actor, mark.instance_id, mark.case_id)
    return mark


def access_marked(actor: Actor, mark_id: UUID) -> KeyImage:
    """Load a mark to see it: as every other image of its series. Raises NotVisible."""
    mark = KeyImage.objects.select_related("instance__series__study__patient", "instance__file__content")
    found = mark.filter(id=mark_id).first()
    if found is None or not may_mark(actor, found.instance.series.study, found.case_id, SEE_MARKS):
        raise NotVisible(mark_id)
    access_instance(actor, found.instance_id, asked_for=found.case_id)
    return found


def access_study_copy(actor: Actor, study_id: UUID) -> ImagingStudy:
    """Load a study to take a copy without identity away; an audit entry of its own. Raises NotVisible."""
    study = access_study(actor, study_id)
    note(actor, study, "records.study.copied", "study", study.id, clock.now())
    return study
