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
    case: Case, name: str, length: Length, at: datetime, *, holder_id: UUID | None = None, watched: bool = True,
    is_own: bool = False,
) -> CaseDeadline:  # fmt: skip
    """A new clock that runs from `at`. Unwatched: shown, but the sweep leaves it alone. `is_own`: the length is not the
    flow's, but this clock's alone."""
    due_at = calendar.due(at, length)
    made = {
        "at": at.isoformat(),
        "what": "start",
        "unit": length.unit,
        "amount": length.amount,
        "due": due_at.isoformat(),
    } | ({"own": True} if is_own else {})
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
    clock.due_at = calendar.resume_due(clock.calendar, clock.due_at, _stood_since(clock) or clock.paused_at, at)
    clock.paused_at = None
    clock.sweep_at = None if clock.breached_at else clock.due_at
    _write(clock, at, "resume", due=clock.due_at.isoformat())


def extend(clock: CaseDeadline, until: datetime, at: datetime) -> None:
    """Move a clock's due time; a breach that is so taken back stays in the clock's account. While it stands still, the
    new date moves only by the time that it stands still from now on."""
    clock.due_at = until
    _watch_anew(clock)
    _write(clock, at, "extend", due=until.isoformat())


def hurry(clock: CaseDeadline, length: Length, at: datetime) -> None:
    """Measure a running clock anew with another length, from its own start: the times it stood still are counted, and a
    date that somebody moved stays. Never due before now; what was late already and still is, stays late as it was."""
    due_at, seen_at = _measure(clock, length), _stood_since(clock) or at
    clock.calendar = length.calendar
    if clock.breached_at is None:
        clock.due_at = max(due_at, seen_at + timedelta(minutes=1))
        _watch_anew(clock)
    elif due_at > seen_at:
        clock.due_at = due_at
        _watch_anew(clock)
    _write(clock, at, "urgency", due=clock.due_at.isoformat(), unit=length.unit, amount=length.amount)


def _watch_anew(clock: CaseDeadline) -> None:
    """The sweep looks at a clock's new date, unless it stands still or was never watched; a breach is taken back."""
    watched = clock.sweep_at is not None or clock.breached_at is not None
    clock.breached_at, clock.reminders = None, 0
    clock.sweep_at = clock.due_at if watched and clock.paused_at is None else None


def _measure(clock: CaseDeadline, length: Length) -> datetime:
    """When a clock is due with this length: its account told again from the start."""
    due_at, stood_at = calendar.due(clock.started_at, length), None
    for entry in clock.account:
        at = datetime.fromisoformat(entry["at"])
        if entry["what"] == "pause":
            stood_at = at
        elif entry["what"] == "resume" and stood_at is not None:
            due_at, stood_at = calendar.resume_due(length.calendar, due_at, stood_at, at), None
        elif entry["what"] == "extend":
            due_at, stood_at = datetime.fromisoformat(entry["due"]), at if stood_at else None
    return due_at


def _stood_since(clock: CaseDeadline) -> datetime | None:
    """Since when a clock's due time waits for its resumption: since the pause, or since somebody moved it meanwhile."""
    if clock.paused_at is None:
        return None
    moved = [datetime.fromisoformat(entry["at"]) for entry in clock.account if entry["what"] == "extend"]
    return max([clock.paused_at, *moved])


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


def has_own_length(clock: CaseDeadline) -> bool:
    """Whether a clock was started with a length of its own, which no urgency changes."""
    return bool(clock.account[0].get("own"))


def belongs_to_state(clock: CaseDeadline) -> bool:
    """Whether this clock ends with the state."""
    return clock.name.partition(":")[0] == STATE_CLOCK


def explain(clock: CaseDeadline) -> list[dict[str, Any]]:
    """How the due time came about, oldest first: the clock's own entries, the first with the facts of the calendar
    (days skipped, by name) for the length that is in force. Faces turn each into a sentence."""
    first, in_force = clock.account[0], [entry for entry in clock.account if "unit" in entry][-1]
    facts = calendar.explain(clock.started_at, Length(in_force["unit"], in_force["amount"]))
    return [{**first, "calendar": facts}, *clock.account[1:]]


def _write(clock: CaseDeadline, at: datetime, what: str, **facts: Any) -> None:
    clock.account = [*clock.account, {"at": at.isoformat(), "what": what, **facts}]
