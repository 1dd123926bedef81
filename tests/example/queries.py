"""Reads of errands."""

from typing import Any
from uuid import UUID

from huizhen.kernel.flow import clocks
from huizhen.kernel.flow.models import CaseDeadline
from tests.example.models import Errand


def get_errand(case_id: UUID) -> Errand | None:
    """The errand of a case."""
    return Errand.objects.select_related("case", "receipt").filter(case_id=case_id).first()


def explain_deadline(case_id: UUID) -> list[dict[str, Any]]:
    """How the whole errand's due time came about, oldest first."""
    return clocks.explain(CaseDeadline.objects.get(case_id=case_id, name="done"))
