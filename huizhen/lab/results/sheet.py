"""What stands on a laboratory report, in the reader's language."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from huizhen.lab.catalogue.queries import Catalogue
from huizhen.lab.catalogue.rules import Limits
from huizhen.lab.results.models import Finding, Observation
from huizhen.lab.results.rules import write_number
from huizhen.lab.specimens.models import Tube
from huizhen.records.patients.models import Patient
from huizhen.records.patients.rules import age, mask_number

CHINA = ZoneInfo("Asia/Shanghai")
MARKS = {11: "↓", 12: "↑", 13: "↓↓", 14: "↑↑"}
# Findings that say everything; beside the others stands the value itself.
IN_WORDS = frozenset({Finding.NEGATIVE, Finding.POSITIVE, Finding.GREY, Finding.WITHDRAWN})


class Valued(Protocol):
    """What has a value, and a finding that says what it means: an observation, or a row of a report."""

    @property
    def value(self) -> str:
        """As it was found; empty where it was withdrawn."""

    @property
    def finding(self) -> int:
        """One of `models.Finding`."""


def lay_out(
    tube: Tube, patient: Patient, rows: Sequence[Observation], catalogue: Catalogue, *, code: str, address: str,
    language: str, at: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The data of the template `report.typ`. `rows` are released and current; `language` is `zh-hans` or `en`."""
    with translation.override(language):
        days = (tube.collected_at.date() - patient.birth_on).days
        return {
            "language": "zh" if language.startswith("zh") else "en",
            "labels": _labels(),
            "laboratory": tube.laboratory.name,
            "facts": _facts(tube, patient, rows),
            "rows": [_row(row, catalogue, patient.sex, days) for row in rows],
            "notes": _notes(tube, rows),
            "corrected": any(row.version > 1 for row in rows),
            "code": code,
            "address": address,
            "printed": say_time(at),
        }


def _labels() -> dict[str, str]:
    return {
        "title": _("Laboratory report"),
        "corrected": _("Corrected version"),
        "item": _("Item"),
        "value": _("Result"),
        "mark": _("Mark"),
        "usual": _("Usual range"),
        "verify": _("To check that this report is genuine and current, enter:"),
        "footer": _("This report concerns only the specimen named above."),
    }


def _facts(tube: Tube, patient: Patient, rows: Sequence[Observation]) -> list[tuple[str, str]]:
    released = max((row.released_at for row in rows if row.released_at), default=None)
    return [
        (_("Name"), patient.name),
        (_("Sex"), str(patient.get_sex_display())),
        (pgettext("years of life", "Age"), str(age(patient.birth_on, tube.collected_at.astimezone(CHINA).date()))),
        (_("Document"), mask_number(patient.identity_number)),
        (_("Barcode"), tube.barcode),
        (_("Collected at"), f"{tube.site.name} {say_time(tube.collected_at)}"),
        (_("Received"), say_time(tube.received_at)),
        (_("Released"), say_time(released)),
    ]


def _row(row: Observation, catalogue: Catalogue, sex: str, days: int) -> dict[str, str]:
    limits = catalogue.usual(row.item_id, sex, days)
    usual = say_limits(limits) if limits else _("Negative") if row.item.kind == "presence" else ""
    stands = row.finding != Finding.WITHDRAWN
    return {
        "name": row.item.name,
        "value": say_value(row),
        "unit": row.unit.replace("10*", "10^") if stands else "",
        "mark": MARKS.get(row.finding, ""),
        "usual": usual if stands else "",
    }


def say_value(row: Valued) -> str:
    """A value in the reader's language: words for presence and for what was withdrawn, the number as it stands."""
    return str(Finding(row.finding).label) if row.finding in IN_WORDS else row.value


def say_limits(limits: Limits) -> str:
    """A usual range as it is written: `115–150`, `≤ 5.2`."""
    low, high = (write_number(limit) if limit is not None else "" for limit in (limits.low, limits.high))
    return f"{low}–{high}" if low and high else f"≥ {low}" if low else f"≤ {high}" if high else ""


def _notes(tube: Tube, rows: Sequence[Observation]) -> list[str]:
    notes = []
    if tube.capacity > 1:
        notes.append(_("The specimen was tested together with others in one mixed tube; a mixed tube is negative only "
                       "if everybody in it is."))  # fmt: skip
    if any(row.version > 1 for row in rows):
        notes.append(_("This report replaces an earlier one."))
    return notes


def say_time(moment: datetime | None) -> str:
    """A moment as it is read in China, to the minute."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") if moment else ""
