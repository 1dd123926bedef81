"""What a batch of readings is judged by: gathered once, then asked per reading in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from huizhen.kernel.access import directory
from huizhen.lab.catalogue.queries import Catalogue
from huizhen.lab.catalogue.rules import Assay, read_number
from huizhen.lab.instruments.readings import Kind, Reading
from huizhen.lab.results import controls, rules
from huizhen.lab.results.controls import Key, Place
from huizhen.lab.results.models import ControlRun
from huizhen.lab.results.queries import as_previous
from huizhen.lab.results.rules import Judgement, Known, Previous, Run
from huizhen.lab.specimens.queries import Resolved


@dataclass(frozen=True)
class Line:
    """One reading with where it came from. `since`: when it was heard first, where that was before this batch."""

    message_id: UUID
    ordinal: int
    instrument_id: UUID | None
    laboratory_id: UUID | None
    source: str
    reading: Reading
    since: datetime | None = None

    @property
    def key(self) -> tuple[UUID, int]:
        """What names it."""
        return self.message_id, self.ordinal


@dataclass
class Batch:
    """A batch under judgement. `latest` moves on as its lines are judged. `failed`: the control materials whose last
    control before the batch failed; `uncontrolled`: the lines at whose place controls do not hold. `twins`: to each
    tube the others with a specimen of one of its persons, and how far apart they were taken; `latest` knows their
    values too."""

    catalogue: Catalogue
    tubes: dict[str, Resolved]
    at: datetime
    latest: dict[tuple[UUID, int], Previous] = field(default_factory=dict)
    failed: dict[Key, set[str]] = field(default_factory=dict)
    uncontrolled: set[tuple[UUID, int]] = field(default_factory=set)
    last_values: dict[tuple[UUID, int], tuple[str, datetime]] = field(default_factory=dict)
    twins: dict[UUID, dict[UUID, timedelta]] = field(default_factory=dict)
    held: list[tuple[Line, str]] = field(default_factory=list)

    def tests_of(self, lines: Sequence[Line]) -> list[Assay]:
        """The tests these lines name, each once."""
        found = (self.catalogue.find(line.source, line.reading.test) for line in lines)
        return list({one[0].id: one[0] for one in found if one}.values())

    def delta_since(self, test: Assay) -> datetime:
        """From when on a person's earlier value of a test counts."""
        return self.at - timedelta(days=test.delta_days)

    def hold(self, line: Line) -> str:
        """Why a line cannot become an observation, or empty."""
        tube = self.tubes.get(line.reading.specimen)
        if tube is not None and not _is_at_home(tube.laboratory_id, line.laboratory_id):
            return "foreign_specimen"
        return rules.hold(
            line.reading, is_known=tube is not None, is_voided=tube is not None and tube.voided_at is not None,
            has_test=self.catalogue.find(line.source, line.reading.test) is not None,
        )  # fmt: skip

    def judge(self, line: Line) -> tuple[Resolved, Assay, Judgement, Previous | None] | None:
        """The judgement on a line that is not held, with its tube, test and latest version; None for a repeat."""
        tube, found = self.tubes[line.reading.specimen], self.catalogue.find(line.source, line.reading.test)
        if found is None:
            raise LookupError(line.reading.test)
        test, unit, factor = found
        before = self.latest.get((tube.id, test.id))
        judged = rules.judge(test, line.reading, unit, factor, self._known(tube, test, line))
        run = Run(line.message_id, line.reading.measured_at)
        kind = rules.choose_version(before, judged, run, line.reading.status)
        if kind == "repeat":
            return None
        judged = rules.judge_further(judged, kind, before)
        if judged.status in rules.COUNTS and self._is_contradicted(tube, test, judged.value):
            judged = rules.hold_back(judged)
        return tube, test, judged, before

    def _is_contradicted(self, tube: Resolved, test: Assay, value: str) -> bool:
        """Whether a tube of the same person, taken at the same time, says otherwise."""
        beside = ((self.latest.get((key, test.id)), apart) for key, apart in self.twins.get(tube.id, {}).items())
        return any(
            other is not None
            and other.status in rules.COUNTS
            and rules.is_contradiction(test, value, other.value, apart)
            for other, apart in beside
        )

    def _known(self, tube: Resolved, test: Assay, line: Line) -> Known:
        age = (tube.collected_at.date() - tube.birth_on).days if tube.birth_on else None
        return Known(
            capacity=tube.capacity, is_ordered=test.panel in tube.panels, collected_at=tube.collected_at,
            sex=tube.sex or "", age_days=age, previous=self._previous(tube, test),
            control_ok=line.key not in self.uncontrolled,
        )  # fmt: skip

    def _previous(self, tube: Resolved, test: Assay) -> Decimal | None:
        if tube.patient_id is None or (tube.patient_id, test.id) not in self.last_values:
            return None
        value, taken_at = self.last_values[tube.patient_id, test.id]
        read = read_number(value)
        return read[0] if read and taken_at >= self.delta_since(test) else None

    def note(self, row: Any) -> None:
        """A further reading in the same batch sees this one."""
        self.latest[row.tube_id, row.item_id] = as_previous(row)

    def judge_control(self, line: Line) -> tuple[Assay | None, str, bool]:
        """Which test a control is of, which material it is one of, and whether it gave what it must."""
        found = self.catalogue.find(line.source, line.reading.test)
        test = found[0] if found else None
        targets = self.catalogue.targets.get(test.id, ()) if test else ()
        mine = [target for target in targets if line.reading.specimen.startswith(target.lot)]
        target = max(mine, key=lambda one: len(one.lot)) if mine else None
        if target is None:
            return test, line.reading.specimen, rules.is_in_control(line.reading, None, None, "")
        return test, target.lot, rules.is_in_control(line.reading, target.low, target.high, target.presence)

    def note_controls(self, lines: Sequence[Line], runs: Iterable[ControlRun]) -> None:
        """The batch's own controls count for its own values, each where it stands; what was heard before this batch
        is asked about apart (`in_control.list_uncontrolled`)."""
        now = [line for line in lines if line.since is None]
        ran = {(run.message_id, run.ordinal): run for run in runs}
        held = controls.hold([self._place(line, ran.get(line.key)) for line in now], self.failed)
        self.uncontrolled |= {line.key for line, is_good in zip(now, held, strict=True) if not is_good}

    def key_of(self, line: Line) -> Key | None:
        """The instrument and item by which controls and values belong together."""
        found = self.catalogue.find(line.source, line.reading.test)
        return (line.instrument_id, found[0].id) if found and line.instrument_id else None

    def _place(self, line: Line, run: ControlRun | None) -> Place:
        key = self.key_of(line)
        if run is None:
            return Place(key)
        return Place(key, run.material, run.in_control) if line.reading.kind is Kind.CONTROL else Place(None)


def _is_at_home(laboratory_id: UUID, place: UUID | None) -> bool:
    """Whether an instrument at this place may speak of a tube of this laboratory: it stands there, below it, or in the
    house it belongs to. Two laboratories may use labels alike; a value must never reach the other one's person."""
    if place is None or place == laboratory_id:
        return True
    covers = directory().covers
    return covers(laboratory_id, place) or covers(place, laboratory_id)
