"""Reads of panel templates and rules."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from huizhen.consult.panels import rules
from huizhen.consult.panels.models import PanelRule, PanelSeat, PanelTemplate
from huizhen.kernel.line import ahead, ask
from huizhen.people.credentials.models import Title

# The longer code is the narrower specialty.
QUORUM = (
    "SELECT quorum FROM consult_panelrule WHERE specialty_id IN (%s, %s) ORDER BY length(specialty_id) DESC LIMIT 1"
)


def list_templates(*, active: bool = True) -> list[PanelTemplate]:
    """All templates with their seats in order."""
    seats = Prefetch("seats", queryset=PanelSeat.objects.select_related("specialty").order_by("place"))
    rows = PanelTemplate.objects.prefetch_related(seats).order_by("name")
    return list(rows.filter(is_active=True) if active else rows)


def get_template(template_id: UUID) -> PanelTemplate | None:
    """One template with its seats."""
    return next((one for one in list_templates(active=False) if one.pk == template_id), None)


def describe_template(row: PanelTemplate) -> dict[str, Any]:
    """What a template says, for its history: specialties by code, the seats in order."""
    seats = list(PanelSeat.objects.filter(template=row).order_by("place"))
    return {
        "name": row.name, "name_en": row.name_en, "topics": list(row.topics), "is_offered": row.is_active,
        "seats": [seat.specialty_id for seat in seats],
        "chair": next((seat.specialty_id for seat in seats if seat.chairs), ""),
    }  # fmt: skip


def describe_rule(row: PanelRule) -> dict[str, Any]:
    """What a rule says, for its history."""
    return {
        "specialty": row.specialty_id, "quorum": row.quorum, "chair_title": row.chair_title,
        "chair_of_specialty": row.chair_of_specialty,
    }  # fmt: skip


def list_fitting(topics: Collection[str]) -> list[PanelTemplate]:
    """The templates in use that are meant for one of these topics."""
    return [one for one in list_templates() if set(one.topics) & set(topics)]


def list_rules() -> list[PanelRule]:
    """All rules by specialty."""
    return list(PanelRule.objects.select_related("specialty").order_by("specialty_id"))


def find_rule(specialty: str) -> PanelRule | None:
    """The rule of a specialty, or of the one above it."""
    found = {rule.specialty_id: rule for rule in PanelRule.objects.filter(specialty_id__in=rules.lines(specialty))}
    return next((found[code] for code in rules.lines(specialty) if code in found), None)


def get_quorum(specialty: str) -> int:
    """How many experts at least; one where nobody said anything."""
    found = ask(QUORUM, _own_and_above(specialty))
    return int(found[0][0]) if found else 1


def get_quorum_ahead(specialty: str) -> None:
    """Say that `get_quorum` will be asked (`line.ahead`)."""
    ahead(QUORUM, _own_and_above(specialty))


def _own_and_above(specialty: str) -> list[str]:
    return [specialty, specialty.rpartition(".")[0]]


def may_chair(specialty: str, *, title: str, codes: Collection[str]) -> bool:
    """Whether a doctor of this title and these specialties may chair a panel of a specialty."""
    rule = find_rule(specialty)
    if rule is None:
        return True
    fits = rules.fits_title(title, rule.chair_title, list(Title.values))
    return fits and (not rule.chair_of_specialty or rules.belongs(codes, rule.specialty_id))
