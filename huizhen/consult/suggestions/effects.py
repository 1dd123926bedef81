"""What suggestions learn from what happens: what a case is about, and what its experts have done."""

from uuid import UUID

from huizhen.consult.joint.queries import get_application
from huizhen.consult.suggestions import actions
from huizhen.kernel import clock, outbox


@outbox.on("consult.joint.start_assigning")
def note(payload: dict) -> None:
    """Note what the case is about, once its material is complete."""
    actions.note_topics(UUID(payload["case"]), at=clock.now())


@outbox.on(
    "consult.joint.accept_invitation", "consult.joint.decline_invitation", "consult.joint.start_drafting",
    "consult.joint.withdraw_opinion",
)  # fmt: skip
def count(payload: dict) -> None:
    """Count the case's experts anew."""
    application = get_application(UUID(payload["case"]))
    for expert_id in {one.expert_id for one in application.invitations.all()}:
        actions.count_expert(expert_id, at=clock.now())
