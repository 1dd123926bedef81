"""What may be done to a case besides its moves: who takes part, whose it is, how urgent, how long. Same rules."""

from datetime import datetime
from typing import Any
from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, may_on_case
from huizhen.kernel.calendar import Length
from huizhen.kernel.flow import clocks
from huizhen.kernel.flow.door import NeedsMissing, WrongState, owner_of, refresh_due
from huizhen.kernel.flow.language import STATE_CLOCK, Each, Field, Refused, Team
from huizhen.kernel.flow.ledger import Held, hold_one, record, write
from huizhen.kernel.flow.models import Case, CaseDeadline, Participant
from huizhen.kernel.flow.promises import clock_length, state_length


def reassign(case_id: UUID, *, owner_id: UUID, actor: Actor, at: datetime, reason: str) -> Case:
    """Hand a team's step to one person of it, or from one of them to another; the deadline stays.

    Raises:
        NotAllowed, NeedsMissing (no reason), WrongState (an end); Refused `not_the_teams`: the step belongs to who
        takes part (the applicant, the chair, each expert), and nobody else can do it for them.
    """
    held = _steer(case_id, actor, reason)
    if not isinstance(held.flow.state(held.case.state).owner, Team):
        raise Refused("not_the_teams", state=held.case.state)
    held.case.owner_id = owner_id
    return _done(
        held, "reassigned", actor, at, reason, tells=("owner",), data={"owner": str(owner_id)}, audience="staff"
    )


def extend(
    case_id: UUID, *, until: datetime, reason: str, actor: Actor, at: datetime, deadline: str = STATE_CLOCK
) -> Case:
    """Move a deadline. A delay is never silent: the reason goes to those the flow names.

    Raises:
        NotAllowed; NeedsMissing: no reason, or a time that has passed; WrongState: no such clock runs.
    """
    held = _steer(case_id, actor, reason)
    clock = held.clock(deadline)
    if clock is None:
        raise WrongState("extend", held.case.state)
    if until <= at:
        raise NeedsMissing("until_in_past", needs=["until"])
    for each in [c for c in held.running() if c is clock or (deadline == STATE_CLOCK and clocks.belongs_to_state(c))]:
        clocks.extend(each, until, at)
    refresh_due(held)
    data = {"deadline": deadline, "until": until.isoformat()}
    return _done(held, "extended", actor, at, reason, tells=held.flow.told_of_delay, data=data)


def set_urgency(case_id: UUID, urgency: str, *, actor: Actor, at: datetime, reason: str) -> Case:
    """Hurry a case or calm it: running clocks are measured anew, from their own start. The times they stood still are
    counted, a date that somebody moved stays, and so does a length of a clock's own."""
    held = _steer(case_id, actor, reason)
    case, flow = held.case, held.flow
    if case.urgency != urgency:
        case.urgency = urgency
        for clock in held.running():
            named = flow.clock(clock.name)
            if clocks.has_own_length(clock):
                continue
            if named is not None:
                clocks.hurry(clock, clock_length(flow, named, urgency), at)
            elif clocks.belongs_to_state(clock):
                clocks.hurry(clock, state_length(flow, case.state, urgency), at)
        refresh_due(held)
    return _done(held, "hurried", actor, at, reason, tells=("owner", *flow.told_of_delay), data={"urgency": urgency})


def join(case_id: UUID, account_id: UUID, capacity: str, *, actor: Actor, at: datetime) -> Participant:
    """Let somebody take part; taking part already, nothing happens."""
    held = hold_one(case_id)
    for person in held.people:
        if (person.account_id, person.capacity) == (account_id, capacity):
            return person
    person = Participant.objects.create(case=held.case, account_id=account_id, capacity=capacity, since=at)
    _done(held, "joined", actor, at, data={"account": str(account_id), "capacity": capacity}, audience="staff")
    return person


def leave(case_id: UUID, account_id: UUID, capacity: str, *, actor: Actor, at: datetime) -> None:
    """End somebody's part, and the clocks they hold in this capacity; not taking part, nothing happens.

    Who was chair and expert and is chair no longer still owes an opinion: the expert's clock runs on. What was theirs
    to do because of that part goes to whoever else takes part as that, or to the team that the table names in their
    place.
    """
    held = hold_one(case_id)
    active = Participant.objects.filter(case=held.case, account_id=account_id, capacity=capacity, until__isnull=True)
    if active.update(until=at):
        held.people = [p for p in held.people if (p.account_id, p.capacity) != (account_id, capacity)]
        for clock in _held_as(held, account_id, capacity):
            clocks.end(clock, at, met=False)
        if _hand_on(held, account_id, capacity):
            owner = {"owner": str(held.case.owner_id or "")}
            record(
                held, f"{held.flow.kind}.reassigned", actor=actor, at=at, from_state=held.case.state, data=owner,
                audience="staff", tells=("owner",),
            )  # fmt: skip
        data = {"account": str(account_id), "capacity": capacity}
        _done(held, "left", actor, at, data=data, audience="staff")


def _hand_on(held: Held, account_id: UUID, capacity: str) -> bool:
    """Give the case to who owns it without this part; whether that is somebody else."""
    case, owner = held.case, held.flow.state(held.case.state).owner
    if case.owner_id != account_id or not isinstance(owner, Field) or owner.capacity != capacity:
        return False
    if not owner.otherwise and all(one.capacity != capacity for one in held.people):
        return False
    case.owner_id, case.team = owner_of(held, case.state)
    return True


def set_clock(
    case_id: UUID, name: str, *, at: datetime, holder_id: UUID | None = None, length: Length | None = None
) -> CaseDeadline:
    """Start an on-call clock of the flow (`invitation:<id>`); running already, it is left as it is. With a `length` of
    its own it keeps that, whatever the urgency becomes."""
    held = hold_one(case_id)
    running, named = held.clock(name), held.flow.clock(name)
    if running is not None:
        return running
    if named is None or not named.on_call:
        raise LookupError(f"{held.flow.kind} has no on-call clock for {name}")
    clock = clocks.start(
        held.case, name, length or clock_length(held.flow, named, held.case.urgency), at, holder_id=holder_id,
        is_own=length is not None,
    )  # fmt: skip
    clock.save(force_insert=True)
    return clock


def add_holder(case_id: UUID, account_id: UUID, *, at: datetime) -> None:
    """Where each must act: start the clock of one who came later, or must act once more; running, it stays."""
    held = hold_one(case_id)
    case, name = held.case, clocks.personal(account_id)
    if not case.team.startswith("each:") or held.clock(name) is not None:
        return
    clock = clocks.start(case, name, state_length(held.flow, case.state, case.urgency), at, holder_id=account_id)
    clock.save(force_insert=True)


def end_clock(case_id: UUID, name: str, *, at: datetime, met: bool = True) -> None:
    """End a running clock; none running, nothing happens."""
    held = hold_one(case_id)
    clock = held.clock(name)
    if clock is not None:
        clocks.end(clock, at, met=met)
        clock.save(update_fields=["ended_at", "sweep_at", "met"])
        if held.late_since() != held.case.late_since:
            held.case.late_since = held.late_since()
            held.case.save(update_fields=["late_since"])


def note(
    case_id: UUID,
    kind: str,
    *,
    actor: Actor,
    at: datetime,
    data: dict[str, Any] | None = None,
    audience: str = "staff",
    tells: tuple[str, ...] = (),
) -> Case:
    """Write a line into the timeline without any move: something worth keeping happened."""
    held = hold_one(case_id)
    return _done(held, kind, actor, at, data=data, audience=audience, tells=tells)


def _held_as(held: Held, account_id: UUID, capacity: str) -> list[CaseDeadline]:
    """The running clocks that end with somebody's part as this: their share of the state's clock where each of this
    capacity must act, and with the last of their parts whatever they still hold."""
    theirs = [clock for clock in held.running() if clock.holder_id == account_id]
    if all(person.account_id != account_id for person in held.people):
        return theirs
    owner = held.flow.state(held.case.state).owner
    must_act = isinstance(owner, Each) and owner.capacity == capacity
    return [clock for clock in theirs if must_act and clocks.belongs_to_state(clock)]


def _steer(case_id: UUID, actor: Actor, reason: str) -> Held:
    held = hold_one(case_id)
    if not may_on_case(actor, held.flow.steer, held.case, held.capacities(actor)):
        raise NotAllowed(held.flow.steer)
    if held.case.closed_at is not None:
        raise WrongState("steer", held.case.state)
    if not reason.strip():
        raise NeedsMissing("needs_missing", needs=["reason"])
    return held


def _done(held: Held, act: str, actor: Actor, at: datetime, reason: str = "", **told: Any) -> Case:
    kind = act if "." in act else f"{held.flow.kind}.{act}"
    record(held, kind, actor=actor, at=at, from_state=held.case.state, reason=reason, **told)
    write([held], at)
    return held.case
