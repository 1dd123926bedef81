"""Reads of co-signing rules."""

from typing import Any

from huizhen.consult.joint.models import CosigningRule
from huizhen.consult.panels.rules import lines


def list_rules() -> list[CosigningRule]:
    """All rules by specialty."""
    return list(CosigningRule.objects.select_related("specialty").order_by("specialty_id"))


def everybody_signs(specialty: str) -> bool:
    """Whether all experts of a specialty's consultations sign: by its own rule, else by that of the one above it."""
    held = dict(
        CosigningRule.objects.filter(specialty_id__in=lines(specialty)).values_list("specialty_id", "everybody")
    )
    return next((held[code] for code in lines(specialty) if code in held), False)


def describe(row: CosigningRule) -> dict[str, Any]:
    """What a rule says, for its history."""
    return {"specialty": row.specialty_id, "everybody": row.everybody}
