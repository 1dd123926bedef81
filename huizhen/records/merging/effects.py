"""Whoever was registered or corrected is compared with those who are there."""

from typing import Any
from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.records.merging import actions


@outbox.on("records.patient.registered", "records.patient.corrected")
def look(payload: dict[str, Any]) -> None:
    """Keep the pairs this person makes with others."""
    actions.look_for([UUID(payload["patient"])], at=clock.now())


@outbox.on("records.patients.registered", queue=outbox.HEAVY)
def look_for_all(payload: dict[str, Any]) -> None:
    """The same for the many of a list."""
    actions.look_for(map(UUID, payload["patients"]), at=clock.now())
