"""Taking what instruments say: matched, judged, stored and released in one transaction for a whole batch of messages.

Every step is one statement for the batch, so its cost follows the batches, not the messages.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.kernel import ids, outbox
from huizhen.kernel.statements import ask, store
from huizhen.lab.catalogue.queries import load_catalogue
from huizhen.lab.instruments.readings import Kind, Reading
from huizhen.lab.results import in_control, queries, rules
from huizhen.lab.results.actions.releasing import make_visible, withhold
from huizhen.lab.results.actions.unsaying import note_unsaid
from huizhen.lab.results.batch import Batch, Line
from huizhen.lab.results.models import ControlRun, Held, Observation, Status
from huizhen.lab.results.packing import pack_reading, unpack_reading
from huizhen.lab.specimens.actions import mark_tested
from huizhen.lab.specimens.models import Tube
from huizhen.lab.specimens.queries import resolve_locked
from huizhen.lab.specimens.twins import list_twins

RETRY = 500
# What waits for its review since the last good control of a material that has failed now: who looks at it is told.
DOUBTED = """
UPDATE lab_observation SET reasons = array_append(reasons, 'control')
 WHERE id IN (
    SELECT o.id FROM lab_observation o
      JOIN unnest(%s::uuid[], %s::int[], %s::text[]) c(instrument, item, material)
        ON o.instrument_id = c.instrument AND o.item_id = c.item
     WHERE o.status = 'review' AND o.taken_at > %s AND o.taken_at < %s AND NOT 'control' = ANY (o.reasons)
       AND NOT EXISTS (SELECT 1 FROM lab_controlrun n
                        WHERE n.instrument_id = c.instrument AND n.item_id = c.item AND n.material = c.material
                          AND n.kind = 'control' AND n.in_control AND n.at > o.taken_at)
     ORDER BY o.id FOR NO KEY UPDATE OF o)
"""


@dataclass(frozen=True)
class Heard:
    """One message understood. `source` is the profile's name; `laboratory_id` where the instrument stands."""

    message_id: UUID
    readings: tuple[Reading, ...]
    instrument_id: UUID | None = None
    laboratory_id: UUID | None = None
    source: str = ""


@dataclass
class Taken:
    """What became of a batch. `messages` were new; the rest had been taken before."""

    messages: int = 0
    observations: list[Observation] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    controls: list[ControlRun] = field(default_factory=list)

    @property
    def released(self) -> list[Observation]:
        """The observations that the rules released."""
        return [row for row in self.observations if row.status == Status.RELEASED]


def take(
    readings: Sequence[Reading],
    *,
    message_id: UUID,
    instrument_id: UUID | None,
    at: datetime,
    laboratory_id: UUID | None = None,
    source: str = "",
) -> Taken:
    """Take the readings of one message; see `take_batch`."""
    return take_batch([Heard(message_id, tuple(readings), instrument_id, laboratory_id, source)], at=at)


def take_batch(heard: Sequence[Heard], *, at: datetime, anew: bool = False) -> Taken:
    """Match, judge, store and release a batch of messages in one transaction. Taken again, a message changes nothing;
    `anew`: it was read by another profile, and what it says now is judged beside what is there. Old controls are not
    run again by that; what is understood as a control only now is one, of the time when the message was first heard. A
    value that the message does not say any more is noted (`unsaying`).

    Controls are kept apart. Negative mixed tubes are released to all their persons; what is not negative is withheld
    and single re-tests are ordered. Emits `lab.results.critical` per critical value, `lab.results.withheld` and
    `lab.results.troubled` once per batch.
    """
    with transaction.atomic():
        known = queries.list_known_messages([one.message_id for one in heard])
        fresh = [one for one in heard if anew or one.message_id not in known]
        if anew and known:
            Held.objects.filter(message_id__in=list(known), settled_at=None).update(settled_at=at)
        first = queries.list_next_ordinals(known) if anew else {}
        lines = [
            _line(one, ordinal, reading, known.get(one.message_id))
            for one in fresh
            for ordinal, reading in enumerate(one.readings, first.get(one.message_id, 0))
        ]
        taken = _take_lines(_without_old_controls(lines, known) if known else lines, at)
        if anew and known:
            said = {one.message_id: (one.source, one.readings) for one in fresh if one.message_id in known}
            note_unsaid(said, first, at=at)
        taken.messages = len(fresh)
    return taken


def _line(one: Heard, ordinal: int, reading: Reading, since: datetime | None) -> Line:
    return Line(one.message_id, ordinal, one.instrument_id, one.laboratory_id, one.source, reading, since)


def retry_held(*, at: datetime) -> Taken:
    """Take again what was set aside for a barcode that nobody knew, now that somebody has registered it: phones that
    had no network, labels bound anew."""
    with transaction.atomic():
        waiting = Held.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            kind="unknown_specimen", settled_at=None, barcode__in=Tube.objects.values("barcode")
        )
        rows = list(waiting.order_by("at", "ordinal")[:RETRY])
        lines = [
            Line(row.message_id, row.ordinal, row.instrument_id, row.laboratory_id, row.source,
                 unpack_reading(row.reading), row.at)
            for row in rows
        ]  # fmt: skip
        taken = _take_lines(lines, at, again=True)
        still = {(row.message_id, row.ordinal): row.kind for row in taken.held}
        settled = [row.id for row in rows if (row.message_id, row.ordinal) not in still]
        Held.objects.filter(id__in=settled).update(settled_at=at)
        for row in rows:  # what it waits for now is something else, and is not tried at every turn
            kind = still.get((row.message_id, row.ordinal), row.kind)
            if kind != row.kind:
                Held.objects.filter(id=row.id).update(kind=kind)
    return taken


def _take_lines(lines: Sequence[Line], at: datetime, *, again: bool = False) -> Taken:
    if not lines:
        return Taken()
    batch = _gather([line for line in lines if line.reading.kind is Kind.PATIENT], at)
    taken = Taken(controls=[_control(line, batch, at) for line in lines if line.reading.kind is not Kind.PATIENT])
    store(taken.controls)
    batch.note_controls(lines, taken.controls)
    _look_back(lines, batch)
    _doubt_waiting(taken.controls, at)
    for line in lines:
        if line.reading.kind is Kind.PATIENT:
            _take_line(line, batch, taken, at)
    store([_held(line, kind, at) for line, kind in batch.held] if not again else [])
    taken.held = [_held(line, kind, at) for line, kind in batch.held]
    store(taken.observations)
    mark_tested([row.tube_id for row in taken.observations], at=at)
    make_visible(taken.released, at=at)
    _follow(taken, at)
    return taken


def _without_old_controls(lines: Sequence[Line], known: Collection[UUID]) -> list[Line]:
    """These lines without the controls that their messages have given before."""
    catalogue = load_catalogue()
    found = ControlRun.objects.filter(message_id__in=list(known))
    there = set(found.values_list("message_id", "kind", "lot", "value", "item_id"))

    def is_old(line: Line) -> bool:
        test = catalogue.find(line.source, line.reading.test)
        said = (str(line.reading.kind), line.reading.specimen[:60], _said_of_control(line.reading))
        return (line.message_id, *said, test[0].id if test else None) in there

    return [line for line in lines if line.reading.kind is Kind.PATIENT or not is_old(line)]


def _gather(lines: Sequence[Line], at: datetime) -> Batch:
    """Everything the judgements need, asked once."""
    catalogue = load_catalogue()
    tubes = resolve_locked({line.reading.specimen for line in lines if line.reading.specimen})
    batch = Batch(catalogue, tubes, at)
    own = [tube.id for tube in tubes.values()]
    batch.twins = list_twins(own, rules.LONGEST_SAME_TIME)
    batch.latest = queries.list_latest({*own, *(key for found in batch.twins.values() for key in found)})
    instruments = {line.instrument_id for line in lines if line.instrument_id}
    batch.failed = in_control.list_failed_controls(instruments, at)
    patients = {tube.patient_id for tube in tubes.values() if tube.patient_id}
    leaping = [test for test in batch.tests_of(lines) if test.delta_percent is not None]
    if patients and leaping:
        since = min(batch.delta_since(test) for test in leaping)
        batch.last_values = queries.list_last_values(patients, [test.id for test in leaping], since)
    return batch


def _look_back(lines: Sequence[Line], batch: Batch) -> None:
    """What was heard before this batch is judged by the controls of its own time, not by those that came since."""
    earlier = [(line.key, key, line.since) for line in lines if line.since and (key := batch.key_of(line))]
    found = in_control.list_uncontrolled([(key, since) for _name, key, since in earlier])
    batch.uncontrolled |= {earlier[place][0] for place in found}


def _doubt_waiting(runs: Sequence[ControlRun], at: datetime) -> None:
    """A control that fails counts for what waits since its last good one, too."""
    out = [run for run in runs if run.kind == Kind.CONTROL and not run.in_control and run.instrument_id and run.item_id]
    if out:
        keys = [[run.instrument_id for run in out], [run.item_id for run in out], [run.material for run in out]]
        ask(DOUBTED, [*keys, at - in_control.CONTROL_COUNTS_FOR, at])


def _take_line(line: Line, batch: Batch, taken: Taken, at: datetime) -> None:
    kind = batch.hold(line)
    if kind:
        batch.held.append((line, kind))
        return
    made = batch.judge(line)
    if made is None:
        return
    tube, test, judged, before = made
    row = Observation(
        id=ids.new_id(), version=before.version + 1 if before else 1, tube_id=tube.id, item_id=test.id,
        patient_id=tube.patient_id, value=judged.value, unit=test.unit, finding=judged.finding,
        status=judged.status, reasons=list(judged.reasons), instrument_id=line.instrument_id,
        message_id=line.message_id, ordinal=line.ordinal, measured_at=line.reading.measured_at, taken_at=at,
        released_at=at if judged.status == Status.RELEASED else None,
    )  # fmt: skip
    row.series = before.series if before else row.id
    batch.note(row)
    taken.observations.append(row)


def _held(line: Line, kind: str, at: datetime) -> Held:
    return Held(
        id=ids.new_id(), message_id=line.message_id, ordinal=line.ordinal, instrument_id=line.instrument_id,
        laboratory_id=line.laboratory_id, source=line.source, kind=kind, barcode=line.reading.specimen[:60],
        reading=pack_reading(line.reading), at=at,
    )  # fmt: skip


def _control(line: Line, batch: Batch, at: datetime) -> ControlRun:
    test, material, is_in = batch.judge_control(line)
    reading = line.reading
    return ControlRun(
        id=ids.new_id(), message_id=line.message_id, ordinal=line.ordinal, instrument_id=line.instrument_id,
        laboratory_id=line.laboratory_id, item_id=test.id if test else None, kind=reading.kind,
        lot=reading.specimen[:60], material=material[:60], value=_said_of_control(reading), in_control=is_in,
        at=line.since or at,
    )  # fmt: skip


def _said_of_control(reading: Reading) -> str:
    return f"{reading.value} {reading.unit}".strip()[:200]


def _follow(taken: Taken, at: datetime) -> None:
    """What comes after: re-tests, calls, exceptions. Events carry ids only."""
    withhold([row for row in taken.observations if row.status == Status.WITHHELD], at=at)
    events: list[tuple[str, dict[str, Any]]] = [
        ("lab.results.critical", {"observation": str(row.id)})
        for row in taken.observations
        if "critical" in row.reasons and "implausible" not in row.reasons
    ]
    if (
        taken.held
        or any(row.status == Status.REVIEW for row in taken.observations)
        or not all(run.in_control for run in taken.controls)
    ):
        events.append(("lab.results.troubled", {"at": at.isoformat()}))
    outbox.emit_many(events)
