"""Which tubes a person has a report of, and how each stands. Read as the person sees it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from huizhen.lab.histories.models import OwnReport
from huizhen.lab.results.models import Finding, Observation
from huizhen.lab.results.queries import list_released
from huizhen.lab.specimens.models import Tube
from huizhen.lab.specimens.queries import person_key
from huizhen.records.patients.queries import get_person_ids


@dataclass(frozen=True)
class Sheet:
    """A tube with released results of a person. `contents` are the versions that a report would show now, none where
    all were withdrawn; `report` is the one of these, if somebody asked; `replaced` how many earlier ones there are."""

    tube: Tube
    patient_id: UUID
    panel: str
    contents: list[UUID]
    corrected: bool
    report: OwnReport | None
    replaced: int


def list_sheets(patient_id: UUID, language: str, *, since: datetime, tube_id: UUID | None = None) -> list[Sheet]:
    """A person's tubes with results released since then, the latest collected first; only one tube where it is named.
    Of two records that were joined, each has its own tubes."""
    owners: dict[UUID, UUID] = {}
    for one in get_person_ids(patient_id):
        series = [row.series for row in list_released(person_key(one), since)]
        found = Observation.objects.filter(series__in=series)
        found = found.filter(tube=tube_id) if tube_id else found
        owners |= dict.fromkeys(found.values_list("tube_id", flat=True), one)
    current = _list_current(owners)
    reports = list(OwnReport.objects.filter(tube__in=current, patient__in=set(owners.values())).order_by("asked_at"))
    tubes = Tube.objects.filter(id__in=current).select_related("laboratory").order_by("-collected_at", "id")
    return [_sheet(tube, owners[tube.id], current[tube.id], reports, language) for tube in tubes]


def _list_current(owners: dict[UUID, UUID]) -> dict[UUID, list[Observation]]:
    """By tube the latest version of each item, where it is released and the person's; as `list_printable` has them."""
    rows = Observation.objects.filter(tube__in=owners).select_related("item__panel")
    found: dict[UUID, list[Observation]] = {}
    for row in rows.order_by("tube_id", "item_id", "-version").distinct("tube_id", "item_id"):
        if row.status == "released" and row.patient_id in (None, owners[row.tube_id]):
            found.setdefault(row.tube_id, []).append(row)
    return found


def _sheet(tube: Tube, patient_id: UUID, rows: list[Observation], reports: list[OwnReport], language: str) -> Sheet:
    contents = sorted(row.id for row in rows)
    mine = [one for one in reports if one.tube_id == tube.id and one.patient_id == patient_id]
    report = next((one for one in mine if one.contents == contents and one.language == language), None)
    return Sheet(
        tube=tube, patient_id=patient_id, panel=rows[0].item.panel.name,
        contents=[] if all(row.finding == Finding.WITHDRAWN for row in rows) else contents,
        corrected=any(row.version > 1 for row in rows), report=report,
        replaced=len([one for one in mine if one.contents != contents and one.made_at]),
    )  # fmt: skip


def is_replaced(report: OwnReport) -> bool:
    """Whether what the report shows has been corrected, withdrawn, or is looked at again since it was made."""
    rows = _list_current({report.tube_id: report.patient_id}).get(report.tube_id, [])
    return sorted(row.id for row in rows) != report.contents
