"""Measurements: drawn, changed, taken back, brought back. Each act may be sent twice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit, pulse
from huizhen.kernel.access import Actor
from huizhen.records.acting import account_of
from huizhen.records.imaging.models import ImagingInstance
from huizhen.records.measures.access import DRAW
from huizhen.records.measures.models import Measurement
from huizhen.records.measures.queries import channel_of, get_figures
from huizhen.records.measures.rules import read_points
from huizhen.records.refused import Refused

MOST = 200  # on one image of one reader: more is a mistake of the browser


def draw(
    instance: ImagingInstance,
    case_id: UUID | None,
    *,
    key: UUID,
    index: int,
    kind: str,
    points: Any,
    actor: Actor,
    at: datetime,
) -> Measurement:
    """Keep a measurement. Sent again under its `key`, it is the one that is there, also if it was taken back since.

    `instance` was loaded by `access_instance_to_measure`.

    Raises:
        Refused: `measure`: there is no such frame, the points cannot be, or too many on this image.
        BadImage: the frame cannot be decoded.
    """
    account_id = account_of(actor, DRAW)
    before = Measurement.objects.filter(drawn_by_id=account_id, key=key).first()
    if before is not None:
        return before
    if not 0 <= index < instance.frames:
        raise Refused({"measure": "bad_measure"})
    content = measured(instance, index, kind, points)
    with transaction.atomic():
        own = Measurement.objects.filter(drawn_by_id=account_id, instance_id=instance.id, removed_at=None)
        if own.count() >= MOST:
            raise Refused({"measure": "too_many_measures"})
        measure, new = Measurement.objects.get_or_create(
            drawn_by_id=account_id, key=key,
            defaults={
                "case_id": case_id, "instance": instance, "index": index, "kind": kind, "content": content,
                "drawn_at": at, "changed_at": at,
            },
        )  # fmt: skip
        if new:
            note_act(actor, measure, "records.measure.drawn", at)
    return measure


def change(measure: Measurement, *, points: Any, version: int, actor: Actor, at: datetime) -> Measurement:
    """Move the points of a measurement. `version` is the one that was changed; sent twice is once.

    `measure` was loaded by `access_measure`.

    Raises:
        Refused: `measure`: another window changed it or took it back meanwhile, or the points cannot be.
        BadImage: the frame cannot be decoded.
    """
    content = measured(measure.instance, measure.index, measure.kind, points)
    with transaction.atomic():
        held = Measurement.objects.select_for_update(no_key=True).get(id=measure.id)
        if held.removed_at is None and held.content == content:
            return held
        if held.removed_at is not None or held.version != version:
            raise Refused({"measure": "changed_elsewhere"})
        held.content, held.version, held.changed_at = content, held.version + 1, at
        held.save(update_fields=["content", "version", "changed_at"])
        held.instance = measure.instance
        note_act(actor, held, "records.measure.changed", at)
    return held


def take_back(measure: Measurement, *, actor: Actor, at: datetime) -> None:
    """Take a measurement back; twice is once. `measure` was loaded by `access_measure`."""
    turn(measure, at, "records.measure.removed", actor=actor, at=at)


def bring_back(measure: Measurement, *, actor: Actor, at: datetime) -> None:
    """Undo that; twice is once. `measure` was loaded by `access_measure`."""
    turn(measure, None, "records.measure.restored", actor=actor, at=at)


def turn(measure: Measurement, removed_at: datetime | None, act: str, *, actor: Actor, at: datetime) -> None:
    """Note that it stands or does not, where that is new."""
    with transaction.atomic():
        held = Measurement.objects.select_for_update(no_key=True).get(id=measure.id)
        if (held.removed_at is None) == (removed_at is None):
            return
        held.removed_at, held.version, held.changed_at = removed_at, held.version + 1, at
        held.save(update_fields=["removed_at", "version", "changed_at"])
        note_act(actor, measure, act, at)


def measured(instance: ImagingInstance, index: int, kind: str, points: Any) -> dict[str, Any]:
    """The content of a row: points in lists, as JSON gives them back, and what they measure."""
    read = read_points(points, kind, instance.columns, instance.rows)
    return {"points": [list(point) for point in read], "figures": get_figures(instance, index, kind, read)}


def note_act(actor: Actor, measure: Measurement, action: str, at: datetime) -> None:
    """The audit entry, and a pulse for colleagues who have this case's images open."""
    study = measure.instance.series.study
    audit.record(
        actor, action, subject_kind="instance", subject_id=measure.instance_id, patient_id=study.patient_id,
        case_id=measure.case_id, organisation_id=study.patient.organisation_id, at=at,
    )  # fmt: skip
    if measure.case_id:
        pulse.beat((channel_of(measure.case_id), int(at.timestamp() * 1000)))
