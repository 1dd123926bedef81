"""The one door: opening a case and moving it. Nothing else writes state, owner or deadline.

Lock the row, find the move in the table, permission, guard, write, timeline, jobs: in the caller's transaction.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from huizhen.kernel import ids
from huizhen.kernel.access import Actor, NotAllowed, may_on_case
from huizhen.kernel.flow import clocks
from huizhen.kernel.flow.language import SYSTEM_ONLY, Each, Field, Flow, Move, Refused, Team
from huizhen.kernel.flow.ledger import Held, hold_one, record, write
from huizhen.kernel.flow.models import Case, Participant
from huizhen.kernel.statements import fresh, store


class WrongState(Exception):
    """The move does not leave the state the case is in: somebody was faster, or the page is old."""

    def __init__(self, move: str, state: str) -> None:
        super().__init__(f"{move} does not leave {state}")
        self.move, self.state = move, state


class Stale(Exception):
    """The case has changed since the version the caller has seen."""


class NeedsMissing(Refused):
    """The move's data or reason is missing; `details["needs"]` names the keys."""


class NoOwner(Refused):
    """The state belongs to a participant of a capacity, and nobody takes part in it; `details["capacity"]`."""


def open_case(
    flow: Flow,
    *,
    actor: Actor,
    at: datetime,
    organisation_id: UUID,
    team_organisation_id: UUID | None,
    patient_id: UUID | None = None,
    urgency: str = "normal",
    participants: Iterable[tuple[UUID, str]] = (),
    data: dict[str, Any] | None = None,
    tells: tuple[str, ...] = (),
) -> Case:
    """Open a case in the flow's first state, with its first deadlines and its first timeline entry.

    Emits `<kind>.opened` and, where it is urgent, `<kind>.opened_urgent`.
    """
    case = fresh(
        Case, number=ids.next_number(flow.letter), kind=flow.kind, state=flow.start, urgency=urgency, version=0,
        organisation_id=organisation_id, team_organisation_id=team_organisation_id, patient_id=patient_id,
        opened_at=at, state_since=at,
    )  # fmt: skip
    people = [fresh(Participant, case=case, account_id=account, capacity=capacity, since=at)
              for account, capacity in dict.fromkeys(participants)]  # fmt: skip
    held = Held(case, flow, people, clocks.of_case(flow, case, at))
    _enter(held, flow.start, at)
    opened = record(held, f"{flow.kind}.opened", actor=actor, at=at, data=data, tells=tells)
    if urgency == "urgent":
        # An event of its own, so that the many others leave no job that finds nothing to do.
        held.told.append((f"{flow.kind}.opened_urgent", {"case": str(case.id), "number": opened.number}))
    write([held], at)
    store(people)
    return case


def move(
    case_id: UUID,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    data: dict[str, Any] | None = None,
    reason: str = "",
    version: int | None = None,
    team_organisation_id: UUID | None = None,
) -> Case:
    """Make a move, or refuse it and change nothing.

    `data` is kept in the timeline and holds no health data. `version`: the version the caller has seen.
    `team_organisation_id`: whose team works on the case from this move on, where it goes to another organisation.

    Raises:
        NotVisible: no such case. WrongState: the move does not leave the present state. Stale: seen version is old.
        NotAllowed: no permission. NeedsMissing: data or reason missing. Refused: the guard says no.
    """
    held = hold_one(case_id)
    if version is not None and held.case.version != version:
        raise Stale
    if team_organisation_id is not None:
        held.case.team_organisation_id = team_organisation_id
    apply(held, name, actor=actor, at=at, data=data, reason=reason)
    write([held], at)
    return held.case


def apply(
    held: Held, name: str, *, actor: Actor, at: datetime, data: dict[str, Any] | None = None, reason: str = ""
) -> None:
    """Decide a move on a case under lock, in memory. `write` stores it."""
    found = check_move(held, name, actor=actor, data=data or {}, reason=reason)
    before = held.case.state
    for clock in held.running():
        if clock.name.partition(":")[0] in found.meets:
            clocks.end(clock, at)
    if found.to and found.to != before:
        _leave(held, at)
        held.case.state = found.to
        if found.reopens:
            held.case.closed_at = None
        _enter(held, found.to, at, before)
    record(
        held, f"{held.flow.kind}.{name}", actor=actor, at=at, from_state=before, reason=reason, data=data,
        audience=found.audience, tells=found.tells,
    )  # fmt: skip


def check_move(held: Held, name: str, *, actor: Actor, data: dict[str, Any], reason: str) -> Move:
    """Whether the move may be made now: state, permission, what it needs, guard. Raises as `move` does."""
    found, case = held.flow.move(name), held.case
    if found.may == SYSTEM_ONLY and not actor.is_system:
        raise NotAllowed(found.may)
    if found.may != SYSTEM_ONLY and not may_on_case(actor, found.may, case, held.capacities(actor)):
        raise NotAllowed(found.may)
    if case.state not in found.sources:
        raise WrongState(name, case.state)
    missing = [key for key in found.needs if data.get(key) in (None, "", [], {})]
    if found.reason and not reason.strip():
        missing.append("reason")
    if missing:
        raise NeedsMissing("needs_missing", needs=missing)
    if found.to:
        owner_of(held, found.to)
    if found.guard:
        found.guard(held.flow.subject(case) if held.flow.subject else case, data)
    return found


def list_moves(held: Held, actor: Actor) -> list[Move]:
    """The moves that the actor may make from the present state, guards not asked: what a page offers."""
    capacities = held.capacities(actor)
    return [
        found
        for found in held.flow.moves_from(held.case.state)
        if found.may != SYSTEM_ONLY and may_on_case(actor, found.may, held.case, capacities)
    ]


def _leave(held: Held, at: datetime) -> None:
    for clock in held.running():
        if clocks.belongs_to_state(clock):
            clocks.end(clock, at)


def _enter(held: Held, code: str, at: datetime, before: str = "") -> None:
    case, state = held.case, held.flow.state(code)
    paused_before = held.flow.state(before).pauses if before else ()
    for clock in held.running():
        base = clock.name.partition(":")[0]
        if base in state.pauses:
            clocks.pause(clock, at, code)
        elif base in paused_before:
            clocks.resume(clock, at)
    held.clocks += clocks.of_state(held.flow, case, code, held.people, at)
    case.state_since = at
    case.owner_id, case.team = owner_of(held, code)
    if state.end:
        _close(held, at)
    refresh_due(held)


def owner_of(held: Held, code: str) -> tuple[UUID | None, str]:
    """Whose a case is in this state, as the table says: a person, or the name of a team.

    Raises:
        NoOwner: the state belongs to a participant, and there is none.
    """
    owner = held.flow.state(code).owner
    if isinstance(owner, Team):
        return None, owner.role
    if isinstance(owner, Each):
        return None, f"each:{owner.capacity}"
    if isinstance(owner, Field):
        person = next((p.account_id for p in held.people if p.capacity == owner.capacity), None)
        if person is None and owner.otherwise:
            return None, owner.otherwise
        if person is None:
            raise NoOwner("no_owner", capacity=owner.capacity)
        return person, ""
    return None, ""


def _close(held: Held, at: datetime) -> None:
    held.case.closed_at = at
    held.leaving = held.flow.ends
    for clock in held.running():
        clocks.end(clock, at, met=clock.breached_at is None)


def refresh_due(held: Held) -> None:
    """The case's due time is that of its state's clock."""
    running = [clock.due_at for clock in held.running() if clocks.belongs_to_state(clock)]
    held.case.due_at = min(running) if running else None
