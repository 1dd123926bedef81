"""The clocks of one case, as operations on rows in memory; `kernel.flow.ledger` stores them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from huizhen.kernel import calendar
from huizhen.kernel.calendar import Length
from huizhen.kernel.flow.language import STATE_CLOCK, Each, Flow
from huizhen.kernel.flow.models import Case, CaseDeadline, Participant
from huizhen.kernel.flow.promises import clock_length, state_length
from huizhen.kernel.statements import fresh


def start(
    case: Case, name: str, length: Length, at: datetime, *, holder_id: UUID | None = None, watched: bool = True
) -> CaseDeadline:
    """A new clock that runs from `at`. Unwatched: shown, but the sweep leaves it alone."""
    due_at = calendar.due(at, length)
    made = {
        "at": at.isoformat(),
        "what": "start",
        "unit": length.unit,
        "amount": length.amount,
        "due": due_at.isoformat(),
    }
    return fresh(
        CaseDeadline, case=case, name=name, holder_id=holder_id, calendar=length.calendar, started_at=at, due_at=due_at,
        sweep_at=due_at if watched else None, account=[made],
    )  # fmt: skip


def pause(clock: CaseDeadline, at: datetime, why: str) -> None:
    """Stop a running clock; what remains is kept."""
    if clock.paused_at is None and clock.ended_at is None:
        clock.paused_at, clock.sweep_at = at, None
        _write(clock, at, "pause", why=why)


def resume(clock: CaseDeadline, at: datetime) -> None:
    """Let a paused clock run on: its due time moves by the (working) time that passed meanwhile."""
    if clock.paused_at is None or clock.ended_at is not None:
        return
    clock.due_at = calendar.resume_due(clock.calendar, clock.due_at, clock.paused_at, at)
    clock.paused_at = None
    clock.sweep_at = None if clock.breached_at else clock.due_at
    _write(clock, at, "resume", due=clock.due_at.isoformat())


def extend(clock: CaseDeadline, until: datetime, at: datetime) -> None:
    """Move a clock's due time; a breach that is so taken back stays in the clock's account."""
    clock.due_at = until
    clock.breached_at, clock.reminders = None, 0
    clock.sweep_at = None if clock.paused_at else until
    _write(clock, at, "extend", due=until.isoformat())


def hurry(clock: CaseDeadline, length: Length, at: datetime) -> None:
    """Measure a running clock anew with another length, from its own start, but never due before now."""
    due_at = max(calendar.due(clock.started_at, length), at + timedelta(minutes=1))
    clock.due_at, clock.calendar = due_at, length.calendar
    if clock.sweep_at is not None:
        clock.sweep_at = due_at
    _write(clock, at, "urgency", due=due_at.isoformat(), unit=length.unit, amount=length.amount)


def end(clock: CaseDeadline, at: datetime, *, met: bool = True) -> None:
    """End a clock. It was met if what it measured was done, and in time."""
    clock.ended_at, clock.sweep_at = at, None
    clock.met = met and at <= clock.due_at


def of_state(flow: Flow, case: Case, state: str, people: list[Participant], at: datetime) -> list[CaseDeadline]:
    """The clocks that a state starts: one, and one for each person where each must act."""
    if flow.state(state).end:
        return []
    length = state_length(flow, state, case.urgency)
    owner = flow.state(state).owner
    holders = [p.account_id for p in people if isinstance(owner, Each) and p.capacity == owner.capacity]
    own = [start(case, personal(account_id), length, at, holder_id=account_id) for account_id in holders]
    return [start(case, STATE_CLOCK, length, at, watched=not own), *own]


def of_case(flow: Flow, case: Case, at: datetime) -> list[CaseDeadline]:
    """The named clocks that start with the case."""
    return [start(case, c.name, clock_length(flow, c, case.urgency), at) for c in flow.clocks if not c.on_call]


def personal(account_id: Any) -> str:
    """The name of one person's share of the state's clock."""
    return f"{STATE_CLOCK}:{account_id}"


def belongs_to_state(clock: CaseDeadline) -> bool:
    """Whether this clock ends with the state."""
    return clock.name.partition(":")[0] == STATE_CLOCK


def explain(clock: CaseDeadline) -> list[dict[str, Any]]:
    """How the due time came about, oldest first: the clock's own entries, and for its first length the facts of the
    calendar (days skipped, by name). Faces turn each into a sentence."""
    first = clock.account[0]
    facts = calendar.explain(clock.started_at, Length(first["unit"], first["amount"]))
    return [{**first, "calendar": facts}, *clock.account[1:]]


def _write(clock: CaseDeadline, at: datetime, what: str, **facts: Any) -> None:
    clock.account = [*clock.account, {"at": at.isoformat(), "what": what, **facts}]
