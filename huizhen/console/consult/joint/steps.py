"""An application that is being written: its draft, and the frame of its steps."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from huizhen.console.consult.joint import links
from huizhen.consult.joint.queries import get_draft
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import Request

STEPS = (
    ("patient", _("Patient")),
    ("question", _("Question")),
    ("materials", _("Material")),
    ("consent", _("Consent")),
    ("check", _("Check and send")),
)


# What belongs to one patient.
PATIENTS = ("documents", "studies", "left_out", "imports", "paper", "agreed")


@dataclass(frozen=True)
class Draft:
    """What was typed so far; `id` is nothing before the patient is chosen."""

    id: UUID | None
    content: dict[str, Any]
    saved_at: datetime | None = None

    @property
    def patient_id(self) -> UUID:
        """Who it is for.

        Raises:
            KeyError: nobody has been chosen yet.
        """
        return UUID(self.content["patient_id"])

    def with_patient(self, patient_id: UUID) -> dict[str, Any]:
        """The content for this patient: material and consent of another one do not come along."""
        if self.content.get("patient_id") == str(patient_id):
            return self.content
        kept = {k: v for k, v in self.content.items() if k not in PATIENTS}
        return {**kept, "patient_id": str(patient_id)}


def load(request: Request, draft_id: UUID) -> Draft:
    """One's own draft.

    Raises:
        NotVisible: there is none of this actor.
    """
    found = get_draft(request.user.pk, draft_id)
    if found is None:
        raise NotVisible(draft_id)
    return Draft(found.id, dict(found.content), found.updated_at)


def frame(draft: Draft, step: int) -> dict[str, Any]:
    """What every step's page is given."""
    linked = [
        {"label": label, "href": links.step(draft.id, name) if draft.id and place < step else ""}
        for place, (name, label) in enumerate(STEPS, start=1)
    ]
    return {
        "steps": linked, "step": step, "draft": f"new:{draft.id or ''}:{step}", "draft_id": draft.id or "",
        "back": linked[step - 2]["href"] if step > 1 else "", "saved_at": draft.saved_at, "query": {},
    }  # fmt: skip
