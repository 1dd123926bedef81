"""Load and lock cases, and store what was decided about them: a few statements, however many cases."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from huizhen.kernel import outbox, pulse
from huizhen.kernel.access import Actor, NotVisible
from huizhen.kernel.flow.language import FLOWS, Flow
from huizhen.kernel.flow.models import Case, CaseDeadline, CaseEvent, Participant
from huizhen.kernel.statements import fresh, load, store

CASE_FIELDS = [
    "state", "urgency", "owner", "team", "team_organisation_id", "state_since", "due_at", "late_since", "closed_at",
    "version",
]  # fmt: skip
CLOCK_FIELDS = [
    "calendar", "due_at", "paused_at", "breached_at", "ended_at", "met", "sweep_at", "reminders", "account",
]  # fmt: skip
TELL = "flow.tell"
# Not `= ANY(%s)`: for that the database plans anew at each list.
GIVEN = "= ANY(ARRAY(SELECT unnest(%s::uuid[])))"
WAIT = f"id {GIVEN} ORDER BY id FOR UPDATE"
SKIP = f"{WAIT} SKIP LOCKED"
TAKING_PART = f"case_id {GIVEN} AND until IS NULL ORDER BY since, id"
RUNNING = f"case_id {GIVEN} AND ended_at IS NULL ORDER BY id"


class NoTransaction(RuntimeError):
    """The caller opens the transaction (in its `actions.py`); a case is never written outside one."""


@dataclass
class Held:
    """A case under lock, with everything a decision about it looks at, and everything decided so far."""

    case: Case
    flow: Flow
    people: list[Participant]
    clocks: list[CaseDeadline]
    events: list[CaseEvent] = field(default_factory=list)
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    leaving: tuple[str, ...] = ()

    def capacities(self, actor: Actor) -> set[str]:
        """In what capacities the actor takes part now."""
        return {person.capacity for person in self.people if person.account_id == actor.account_id}

    def running(self) -> list[CaseDeadline]:
        """The clocks that have not ended."""
        return [clock for clock in self.clocks if clock.ended_at is None]

    def clock(self, name: str) -> CaseDeadline | None:
        """The running clock of this name."""
        return next((clock for clock in self.running() if clock.name == name), None)

    def late_since(self) -> datetime | None:
        """Since when the case is late: while any running clock is breached, whatever state it is in."""
        return min((clock.breached_at for clock in self.running() if clock.breached_at), default=None)


def hold(case_ids: Iterable[UUID], *, skip_locked: bool = False) -> list[Held]:
    """Lock cases, in the order of their ids so that two callers never wait for each other in a ring.

    Raises:
        NoTransaction: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise NoTransaction
    cases = {case.id: case for case in load(Case, SKIP if skip_locked else WAIT, [list(case_ids)])}
    people: dict[UUID, list[Participant]] = defaultdict(list)
    clocks: dict[UUID, list[CaseDeadline]] = defaultdict(list)
    if cases:
        for person in load(Participant, TAKING_PART, [list(cases)]):
            people[person.case_id].append(person)
        for clock in load(CaseDeadline, RUNNING, [list(cases)]):
            clocks[clock.case_id].append(clock)
    return [Held(case, FLOWS[case.kind], people[key], clocks[key]) for key, case in cases.items()]


def hold_one(case_id: UUID) -> Held:
    """Lock one case.

    Raises:
        NotVisible: there is none with this id.
    """
    found = hold([case_id])
    if not found:
        raise NotVisible(case_id)
    return found[0]


def record(
    held: Held,
    kind: str,
    *,
    actor: Actor,
    at: datetime,
    from_state: str = "",
    reason: str = "",
    data: dict[str, Any] | None = None,
    audience: str = "patient",
    tells: tuple[str, ...] = (),
) -> CaseEvent:
    """Add the next line of the timeline and note who must hear of it. Stored by `write`."""
    case = held.case
    case.version = case.version + 1 if case.version else 1
    event = fresh(
        CaseEvent, case=case, number=case.version, at=at, actor_id=actor.account_id, kind=kind, from_state=from_state,
        to_state=case.state, reason=reason, data=data or {}, audience=audience,
    )  # fmt: skip
    payload = {"case": str(case.id), "number": event.number, "kind": kind}
    held.events.append(event)
    held.told.append((kind, payload))
    if tells:
        held.told.append((TELL, {**payload, "tells": list(tells)}))
    return event


def write(helds: list[Held], at: datetime) -> None:
    """Store cases, timeline, clocks, jobs and pulses of everything that was decided."""
    for held in helds:
        held.case.late_since = held.late_since()
    store([held.case for held in helds], update=CASE_FIELDS)
    store([event for held in helds for event in held.events])
    store([clock for held in helds for clock in held.clocks], update=CLOCK_FIELDS)
    for capacities in {held.leaving for held in helds if held.leaving}:
        left = [held.case.id for held in helds if held.leaving == capacities]
        Participant.objects.filter(case_id__in=left, capacity__in=capacities, until__isnull=True).update(until=at)
    outbox.emit_many(told for held in helds for told in held.told)
    pulse.beat(*{beat for held in helds for beat in _beats(held)})


def _beats(held: Held) -> Iterable[tuple[str, int]]:
    case = held.case
    yield f"case:{case.id}", case.version
    if case.owner_id:
        yield f"account:{case.owner_id}", case.version
    if case.team_organisation_id:
        yield f"team:{case.team_organisation_id}", case.version
    for clock in held.running():
        if clock.holder_id:
            yield f"account:{clock.holder_id}", case.version
