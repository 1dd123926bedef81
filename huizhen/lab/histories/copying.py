"""What the laboratory gives to the copy of a record: released results, to the person and who stands for them."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from huizhen.lab.catalogue.queries import Catalogue, load_catalogue
from huizhen.lab.catalogue.rules import Limits
from huizhen.lab.reporting.formats import MARKS, SNOMED
from huizhen.lab.results.models import Finding, Observation, Released
from huizhen.lab.results.queries import list_released
from huizhen.lab.specimens.queries import person_key
from huizhen.records.fhir import codes, shapes
from huizhen.records.fhir.shapes import Resource
from huizhen.records.fhir.writer import Writer, add_source

EVER = datetime(2000, 1, 1, tzinfo=UTC)


def install() -> None:
    """Step into every copy from here on; called once by `config.wiring`."""
    add_source("lab", write)


def write(writer: Writer) -> None:
    """A report for each tube with an observation for each item, in the version that counts. Who may not look at these
    results on screen does not find them in the copy (`lab.histories.access`)."""
    if writer.patient.id not in writer.actor.patient_ids:
        return
    released = [row for one in writer.patient.person_ids for row in list_released(person_key(one), EVER)]
    found = Observation.objects.filter(series__in=[row.series for row in released], status="released")
    opened = {(row.series, row.version): row for row in found.select_related("tube", "item__panel")}
    tubes: dict[UUID, list[tuple[Released, Observation]]] = defaultdict(list)
    for row in sorted(released, key=lambda one: (one.collected_at, one.item)):
        if observation := opened.get((row.series, row.version)):
            tubes[observation.tube_id].append((row, observation))
    catalogue = load_catalogue() if tubes else Catalogue({}, {}, {})
    for rows in tubes.values():
        write_tube(writer, rows, catalogue)


def write_tube(writer: Writer, rows: list[tuple[Released, Observation]], catalogue: Catalogue) -> None:
    """One tube as a report."""
    first, tube = rows[0][0], rows[0][1].tube
    laboratory = writer.organisation(tube.laboratory_id)
    lines = [
        writer.add("Observation", row.series, {**observation(writer, row, one, catalogue), "performer": [laboratory]})
        for row, one in rows
    ]
    corrected = any(row.version > 1 for row, _one in rows)
    writer.add("DiagnosticReport", tube.id, {
        "status": "corrected" if corrected else "final",
        "category": [shapes.coded(codes.REPORT_CATEGORY, "LAB")],
        "code": {"text": rows[0][1].item.panel.name},
        "subject": writer.subject,
        "effectiveDateTime": shapes.moment(first.collected_at),
        "issued": shapes.moment(max(row.released_at for row, _one in rows)),
        "performer": [laboratory],
        "result": lines,
    })  # fmt: skip


def observation(writer: Writer, row: Released, one: Observation, catalogue: Catalogue) -> Resource:
    """One result. A withdrawn one stands as entered in error: who holds an older copy must learn of it."""
    status = "entered-in-error" if row.finding == Finding.WITHDRAWN else "corrected" if row.version > 1 else "final"
    return {
        "status": status,
        "category": [shapes.coded(codes.OBSERVATION_CATEGORY, "laboratory")],
        "code": shapes.coded(codes.LOINC, one.item.loinc, text=one.item.name),
        "subject": writer.subject,
        "effectiveDateTime": shapes.moment(row.collected_at),
        "issued": shapes.moment(row.released_at),
        **({} if row.finding == Finding.WITHDRAWN else value_of(row, one)),
        **shapes.mark_of(MARKS.get(row.finding, "")),
        **usual(writer, one, catalogue),
    }


def value_of(row: Released, one: Observation) -> Resource:
    """Presence as a code, numbers with their UCUM unit, everything else in words."""
    if row.finding in SNOMED:
        return {"valueCodeableConcept": shapes.coded("http://snomed.info/sct", *SNOMED[row.finding])}
    made = shapes.value_of(one.value, one.unit)
    if one.unit and "valueQuantity" in made:
        made["valueQuantity"] |= {"system": codes.UCUM, "code": one.unit}
    return made


def usual(writer: Writer, one: Observation, catalogue: Catalogue) -> Resource:
    """The range that holds for this person."""
    days = (one.tube.collected_at.date() - writer.patient.birth_on).days
    limits = catalogue.usual(one.item_id, writer.patient.sex, days)
    return {"referenceRange": [bounds(limits)]} if limits else {}


def bounds(limits: Limits) -> dict[str, Any]:
    """Low and high, as far as there are any."""
    found: dict[str, Decimal | None] = {"low": limits.low, "high": limits.high}
    return {name: {"value": limit} for name, limit in found.items() if limit is not None}
