"""Key images: marked in a case, and taken back."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit
from huizhen.kernel.access import Actor
from huizhen.records.acting import account_of
from huizhen.records.imaging.access import MARK
from huizhen.records.imaging.facts import Drawn, Window
from huizhen.records.imaging.models import ImagingInstance, KeyImage
from huizhen.records.refused import Refused

MOST_MARKS = 24
LONGEST_NOTE = 200


def mark_image(
    instance: ImagingInstance,
    case_id: UUID,
    *,
    index: int,
    window: Window | None,
    note: str,
    drawn: Sequence[Drawn] = (),
    actor: Actor,
    at: datetime,
) -> KeyImage:
    """Mark one frame in a case, as it is seen now with what is drawn on it; marked already, this replaces the old
    mark.

    `instance` was loaded by `access_image_to_mark`.

    Raises:
        Refused: `mark`: there is no such frame, or the case has as many marks as go on a report; `note`: too long.
    """
    if not 0 <= index < instance.frames:
        raise Refused({"mark": "missing"})
    if len(note) > LONGEST_NOTE:
        raise Refused({"note": "too_long"})
    account_id = account_of(actor, MARK)
    with transaction.atomic():
        marks = KeyImage.objects.select_for_update(no_key=True).filter(case_id=case_id, removed_at=None)
        before = [mark for mark in marks if (mark.instance_id, mark.index) == (instance.id, index)]
        if len(marks) - len(before) >= MOST_MARKS:
            raise Refused({"mark": "too_many_marks"})
        for mark in before:
            end(mark, account_id, at)
        mark = KeyImage.objects.create(
            case_id=case_id, instance=instance, index=index, center=window.center if window else None,
            width=window.width if window else None, note=note, measures=[asdict(one) for one in drawn],
            marked_by_id=account_id, marked_at=at,
        )  # fmt: skip
        note_act(actor, mark, "records.keyimage.marked", at)
    return mark


def unmark_image(mark: KeyImage, *, actor: Actor, at: datetime) -> None:
    """Take a mark back; twice is once. `mark` was loaded by `access_mark`."""
    with transaction.atomic():
        held = KeyImage.objects.select_for_update(no_key=True).get(id=mark.id)
        if held.removed_at is None:
            end(held, account_of(actor, MARK), at)
            note_act(actor, mark, "records.keyimage.removed", at)


def end(mark: KeyImage, account_id: UUID, at: datetime) -> None:
    """Note who took a mark back, and when."""
    mark.removed_by_id, mark.removed_at = account_id, at
    mark.save(update_fields=["removed_by", "removed_at"])


def note_act(actor: Actor, mark: KeyImage, action: str, at: datetime) -> None:
    """The audit entry."""
    study = mark.instance.series.study
    audit.record(
        actor, action, subject_kind="instance", subject_id=mark.instance_id, patient_id=study.patient_id,
        case_id=mark.case_id, organisation_id=study.patient.organisation_id, at=at,
    )  # fmt: skip
