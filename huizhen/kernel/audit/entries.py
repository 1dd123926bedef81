"""Writing one entry, as cheaply as it can be done: it happens at every read of a health record."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from huizhen.kernel import clock
from huizhen.kernel.access import Actor
from huizhen.kernel.line import put

INSERT = """
INSERT INTO kernel_auditentry
    (at, actor_id, actor_name, action, subject_kind, subject_id, patient_id, case_id, organisation_id, origin, data)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def record(
    actor: Actor,
    action: str,
    *,
    subject_kind: str,
    subject_id: object,
    patient_id: UUID | None = None,
    case_id: UUID | None = None,
    organisation_id: UUID | None = None,
    data: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Write down that the actor did `action` (`records.document.read`) to a subject; one INSERT, nothing else.

    In the caller's transaction where there is one: what is rolled back was not done. `data` must not hold health
    data. An error here is meant to stop the act: nothing is read without a trace.
    """
    values = (
        at or clock.now(),
        actor.account_id,
        actor.name,
        action,
        subject_kind,
        str(subject_id),
        patient_id,
        case_id,
        organisation_id,
        json.dumps(actor.origin, ensure_ascii=False) if actor.origin else None,
        json.dumps(data, ensure_ascii=False, default=str) if data else None,
    )
    put(INSERT, values)
