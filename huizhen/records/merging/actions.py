"""Finding records that may be one person's, joining two, taking them apart again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.kernel import audit, outbox
from huizhen.kernel.access import Actor
from huizhen.records.acting import account_of
from huizhen.records.merging import queries
from huizhen.records.merging.access import MERGE
from huizhen.records.merging.models import Likeness, Merge, Outcome
from huizhen.records.patients.models import Patient
from huizhen.records.patients.queries import get_patient
from huizhen.records.refused import Refused

LONGEST = 500


def look_for(patient_ids: Iterable[UUID], *, at: datetime) -> int:
    """Keep the pairs in which these people may be somebody else's second record; returns how many are new. A pair that
    a person has settled stays settled; twice is once."""
    pairs: dict[tuple[UUID, UUID], list[str]] = {}
    for patient_id in patient_ids:
        patient = get_patient(patient_id)
        for other, reasons in queries.find_alike(patient) if patient else ():
            one, two = sorted((patient_id, other.id))
            pairs[one, two] = reasons
    known = set(Likeness.objects.filter(first__in=[pair[0] for pair in pairs]).values_list("first_id", "second_id"))
    fresh = [
        Likeness(first_id=one, second_id=two, reasons=reasons, found_at=at)
        for (one, two), reasons in sorted(pairs.items())
        if (one, two) not in known
    ]
    Likeness.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def merge_patients(
    survivor: Patient, replaced: Patient, *, actor: Actor, at: datetime, note: str = "", reasons: Iterable[str] = ()
) -> Merge:
    """Join two records of one person: from now on each loader sees both as one, under `survivor`. Nothing is moved.

    Both were loaded by `access_pair` or `access_likeness`; a feature that calls it (a laboratory whose specimens
    stand under two records) has checked its own permission. Emits `records.patient.merged`. Twice is once.

    Raises:
        Refused: `patient`: `same_record`; `merged_before` when one of the two takes part in another merge; `note`.
    """
    if survivor.id == replaced.id:
        raise Refused({"patient": "same_record"})
    if len(note.strip()) > LONGEST:
        raise Refused({"note": "too_long"})
    try:
        with transaction.atomic():
            merge = Merge.objects.create(
                survivor=survivor, replaced=replaced, reasons=list(reasons), note=note.strip(), merged_at=at,
                merged_by_id=account_of(actor, MERGE),
            )  # fmt: skip
            settle(survivor, replaced, Outcome.MERGED, actor, at)
            tell(merge, "merged", actor, at)
    except IntegrityError as error:
        there = Merge.objects.filter(survivor=survivor, replaced=replaced, undone_at=None).first()
        if there is not None:
            return there
        if "merge_once" in str(error) or "merge_no_chain" in str(error):
            raise Refused({"patient": "merged_before"}) from error
        raise
    return merge


def split_patients(merge: Merge, *, reason: str, actor: Actor, at: datetime) -> Merge:
    """Take two records apart: each is again exactly what it was, and what was added since stays where it was added.

    `merge` was loaded by `access_merge`. Emits `records.patient.split`. Twice is once.

    Raises:
        Refused: `reason`.
    """
    if not reason.strip() or len(reason.strip()) > LONGEST:
        raise Refused({"reason": "too_long" if reason.strip() else "missing"})
    with transaction.atomic():
        held = Merge.objects.select_related("survivor", "replaced").select_for_update(of=("self",)).get(id=merge.id)
        if held.undone_at is None:
            held.undone_at, held.undone_by_id = at, account_of(actor, MERGE)
            held.undone_reason = reason.strip()
            held.save(update_fields=["undone_at", "undone_by", "undone_reason"])
            settle(held.survivor, held.replaced, Outcome.DIFFERENT, actor, at)
            tell(held, "split", actor, at)
    return held


def set_apart(likeness: Likeness, *, actor: Actor, at: datetime) -> None:
    """Two people after all: they are not asked about again. `likeness` was loaded by `access_likeness`."""
    with transaction.atomic():
        settle(likeness.first, likeness.second, Outcome.DIFFERENT, actor, at, only_open=True)


def settle(one: Patient, other: Patient, outcome: str, actor: Actor, at: datetime, *, only_open: bool = False) -> None:
    """Write what was decided about a pair, if it was found by the rules."""
    first, second = sorted((one.id, other.id))
    found = Likeness.objects.filter(first_id=first, second_id=second, **({"outcome": "open"} if only_open else {}))
    found.update(outcome=outcome, settled_at=at, settled_by_id=actor.account_id)


def tell(merge: Merge, what: str, actor: Actor, at: datetime) -> None:
    """One audit entry for each of the two, and the event, in the caller's transaction. Nobody is sent a message."""
    pair: dict[str, Any] = {"survivor": str(merge.survivor_id), "replaced": str(merge.replaced_id)}
    for one in (merge.survivor, merge.replaced):
        audit.record(
            actor, f"records.patient.{what}", subject_kind="merge", subject_id=merge.id, patient_id=one.id,
            organisation_id=one.organisation_id, data=pair, at=at,
        )  # fmt: skip
    outbox.emit(f"records.patient.{what}", merge=str(merge.id), **pair)
