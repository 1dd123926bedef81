"""A patient's cases in plain words: where each stands, and who has the ball."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from huizhen.console.shapes import Act, Badge, Due, Next, Row
from huizhen.consult.joint.queries import get_applications
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.language import FLOWS

CASES = "/consult/joint/"


def rows(cases: Sequence[Any], actor: Actor) -> list[Row]:
    """Rows of a list; the patient's name where the reader stands for several."""
    applications = get_applications(cases)
    return [row(case, applications.get(case.id), len(actor.patient_ids) > 1) for case in cases]


def row(case: Any, application: Any, with_name: bool) -> Row:
    """One case. What was asked stands in the application."""
    flow = FLOWS[case.kind]
    ended = case.closed_at is not None
    return Row(
        href=href_of(case.id),
        number=case.number,
        kind=flow.label,
        subject=application.question if application else str(flow.label),
        state=Badge(flow.state(case.state).label, "ended" if ended else "going"),
        patient=application.patient.name if application and with_name else "",
        owner=case.owner.name if case.owner else _("the coordination centre"),
        since=case.state_since,
        due=Due(case.due_at) if case.due_at else None,
        urgent=case.urgency == "urgent",
        late=case.late_since is not None,
    )


def href_of(case_id: UUID) -> str:
    """The page of a case."""
    return f"{CASES}{case_id}/"


def what_next(going: Sequence[Any]) -> Next | None:
    """What happens next in the case that is due first."""
    if not going:
        return None
    case = going[0]
    title = FLOWS[case.kind].state(case.state).label
    text = _("You are told at every step. There is nothing you have to do now.")
    return Next(title, text, mine=False, acts=(Act(_("See how it stands"), href=href_of(case.id)),))
