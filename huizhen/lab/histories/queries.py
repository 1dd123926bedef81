"""A person's results, the values opened. The rows that say what is visible are those of the look-up."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from huizhen.lab.catalogue.queries import list_items, load_catalogue
from huizhen.lab.results.models import Observation, Released
from huizhen.lab.results.queries import list_released
from huizhen.lab.results.sheet import say_limits
from huizhen.lab.specimens.queries import person_key
from huizhen.records.patients.queries import get_patient, get_person_ids


@dataclass(frozen=True)
class Shown:
    """One result as its person sees it. `usual`: the range of values for a person of this age and sex, written out, if
    there is one. `version` above 1: a correction; `together` tested in a mixed tube."""

    item_id: int
    item: str
    value: str
    unit: str
    usual: str
    finding: int
    collected_at: datetime
    released_at: datetime
    version: int
    together: bool


@dataclass
class History:
    """All results of one item, the latest first."""

    item: str
    shown: list[Shown] = field(default_factory=list)

    @property
    def latest(self) -> Shown:
        """The one that counts now."""
        return self.shown[0]


def list_histories(patient_id: UUID, *, since: datetime) -> list[History]:
    """A patient's results released since then, by item, what was released last first."""
    released = [row for one in get_person_ids(patient_id) for row in list_released(person_key(one), since)]
    released.sort(key=lambda row: row.released_at, reverse=True)
    found = Observation.objects.filter(series__in=[row.series for row in released], status="released")
    opened = {(row.series, row.version): row for row in found.select_related("tube")}
    names = {key: item.name for key, item in list_items({row.item for row in released}).items()}
    usual = _usual_of(patient_id)
    histories: dict[int, History] = defaultdict(lambda: History(""))
    for row in released:
        observation = opened.get((row.series, row.version))
        if observation is not None:
            history = histories[row.item]
            history.item = names[row.item]
            history.shown.append(_show(row, observation, names[row.item], usual(row)))
    return list(histories.values())


def _usual_of(patient_id: UUID) -> Callable[[Released], str]:
    """How the usual range of a result of this person is found, as the report on paper has it."""
    patient, catalogue = get_patient(patient_id), load_catalogue()

    def usual(row: Released) -> str:
        if patient is None:
            return ""
        limits = catalogue.usual(row.item, patient.sex, (row.collected_at.date() - patient.birth_on).days)
        return say_limits(limits) if limits else ""

    return usual


def _show(row: Released, observation: Observation, name: str, usual: str) -> Shown:
    return Shown(
        item_id=row.item, item=name, value=observation.value, unit=observation.unit, usual=usual, finding=row.finding,
        collected_at=row.collected_at, released_at=row.released_at, version=row.version,
        together=observation.patient_id is None,
    )  # fmt: skip
