"""Who measures and who sees it: a reader's measurements are shown where the experts discuss, and nowhere else."""

from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant
from huizhen.records.imaging.access import SEE_MARKS, access_instance, may_take_part
from huizhen.records.imaging.models import ImagingInstance, ImagingSeries, ImagingStudy
from huizhen.records.measures.models import Measurement
from huizhen.records.measures.queries import standing

DRAW = grant("records:measure:draw", participants=("applicant", "expert", "chair", "duty"))
# As the discussion among experts: the team of the centre and those who give the opinion.
SEE = grant("records:measure:see", team_roles=("coordinator", "team_lead"), participants=("expert", "chair", "duty"))


def may_draw(actor: Actor, study: ImagingStudy, case_id: UUID | None) -> bool:
    """Whether the actor may keep measurements on this study: for a case that is open, or as staff for oneself.

    `study` was loaded by `imaging.access`.
    """
    if actor.account_id is None:
        return False
    if case_id is not None:
        return may_take_part(actor, study, case_id, DRAW, still_open=True) and not is_own_record(actor, study, case_id)
    return bool(actor.memberships) and not is_own_record(actor, study, None)


def is_own_record(actor: Actor, study: ImagingStudy, case_id: UUID | None) -> bool:
    """Whether the actor is the patient or stands for them, and does not give an opinion on the case."""
    if not actor.patient_ids & set(study.patient.person_ids):
        return False
    return case_id is None or not may_take_part(actor, study, case_id, SEE)


def sees_all(actor: Actor, study: ImagingStudy, case_id: UUID | None) -> bool:
    """Whether the actor sees everybody's measurements of this case."""
    return case_id is not None and may_take_part(actor, study, case_id, SEE)


def access_instance_to_measure(actor: Actor, instance_id: UUID, case_id: UUID | None) -> ImagingInstance:
    """Load an image to measure on it. Raises NotVisible; NotAllowed: seen, but not to be measured by this actor."""
    instance = access_instance(actor, instance_id, asked_for=case_id)
    study = instance.series.study
    if may_draw(actor, study, case_id):
        return instance
    if case_id is not None and not may_take_part(actor, study, case_id, SEE_MARKS):
        raise NotVisible(case_id)
    raise NotAllowed(DRAW)


def access_measure(actor: Actor, measure_id: UUID) -> Measurement:
    """Load a measurement to change it or take it back: the author alone may. Raises NotVisible, NotAllowed."""
    found = Measurement.objects.select_related("instance__series__study__patient", "drawn_by")
    measure = found.filter(id=measure_id).first()
    if measure is None:
        raise NotVisible(measure_id)
    instance = access_instance(actor, measure.instance_id, asked_for=measure.case_id)
    own = measure.drawn_by_id == actor.account_id
    if not own and not sees_all(actor, instance.series.study, measure.case_id):
        raise NotVisible(measure_id)
    if not own or not may_draw(actor, instance.series.study, measure.case_id):
        raise NotAllowed(DRAW)
    measure.instance = instance
    return measure


def list_measures(actor: Actor, series: ImagingSeries, case_id: UUID | None) -> list[Measurement]:
    """The measurements on a series that the actor may see, the oldest first. `series` was loaded by `imaging.access`,
    which left the audit entry."""
    found = standing(case_id, actor.account_id, everybody=sees_all(actor, series.study, case_id))
    return list(found.filter(instance__series_id=series.id))


def list_on(actor: Actor, instance: ImagingInstance, index: int, case_id: UUID | None) -> list[Measurement]:
    """The same of one frame; `instance` was loaded by `imaging.access`."""
    found = standing(case_id, actor.account_id, everybody=sees_all(actor, instance.series.study, case_id))
    return list(found.filter(instance_id=instance.id, index=index))
