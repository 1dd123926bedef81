"""Writing one entry, as cheaply as it can be done: it happens at every read of a health record."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from huizhen.kernel import clock
from huizhen.kernel.access import Actor
from huizhen.kernel.audit import journal
from huizhen.kernel.line import ask, database, put

# The key in an actor's origin that says: nobody asked for this, the open page looked again because something changed.
BY_ITSELF = "by_itself"
REPEATS_WITHIN = timedelta(minutes=15)
READS = (".read", ".listed")
INSERT = f"""
INSERT INTO kernel_auditentry ({", ".join(journal.COLUMNS)})
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""  # noqa: S608 - constants
INSERT_PATIENTS = """
INSERT INTO kernel_auditentry
    (at, actor_id, actor_name, action, subject_kind, subject_id, patient_id, organisation_id, origin)
SELECT %s::timestamptz, %s::uuid, %s, %s, 'patient', key::text, key, %s::uuid, %s::jsonb
  FROM unnest(%s::uuid[]) WITH ORDINALITY AS given (key, place) ORDER BY place
"""
# The newest entries of one person; whoever reads more than this in a quarter of an hour leaves another entry.
LATELY = """
SELECT 1 FROM (SELECT at, action, subject_kind, subject_id FROM kernel_auditentry
                WHERE actor_id = %s ORDER BY id DESC LIMIT 200) lately
 WHERE at > %s AND action = %s AND subject_kind = %s AND subject_id = %s LIMIT 1
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
    """Write down that the actor did `action` (`records.document.read`) to a subject.

    In the caller's transaction where there is one: what is rolled back was not done. A read outside of any goes into
    this process's journal, everything else is one INSERT. `data` must not hold health data. An error here is meant to
    stop the act: nothing is read without a trace.

    An open page that looks again by itself adds nothing to an entry of the same person, read and subject that is
    younger than a quarter of an hour.
    """
    at = at or clock.now()
    again = BY_ITSELF in actor.origin and action.endswith(READS)
    if again and ask(LATELY, [actor.account_id, at - REPEATS_WITHIN, action, subject_kind, str(subject_id)]):
        return
    values = (
        at,
        actor.account_id,
        actor.name,
        action,
        subject_kind,
        str(subject_id),
        patient_id,
        case_id,
        organisation_id,
        _origin(actor),
        json.dumps(data, ensure_ascii=False, default=str) if data else None,
    )
    if database().in_atomic_block or not action.endswith(READS) or not journal.write(values):
        put(INSERT, values)


def record_patients(
    actor: Actor, action: str, patient_ids: Sequence[UUID], *, organisation_id: UUID, at: datetime
) -> None:
    """Write down that the actor did `action` to each of these patients: what `record` does for one, in one INSERT."""
    values = [at, actor.account_id, actor.name, action, organisation_id, _origin(actor), list(patient_ids)]
    put(INSERT_PATIENTS, values)


def _origin(actor: Actor) -> str | None:
    return to_json(actor.origin).decode() if actor.origin else None
