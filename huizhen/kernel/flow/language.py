"""The language of flows: states and moves as a table one can read aloud, checked when it is imported."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from huizhen.kernel.access import grants
from huizhen.kernel.calendar import Length

STATE_CLOCK = "state"
SYSTEM_ONLY = "system"


class BadFlow(ValueError):
    """A flow's table contradicts itself; the message lists every fault."""


class Refused(Exception):
    """A guard says no. `code` is stable; `details` go to the face that shows the sentence."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(frozen=True)
class Team:
    """The owner is whoever holds this role at the organisation that handles the case."""

    role: str


@dataclass(frozen=True)
class Field:
    """The owner is the participant of this capacity (one person); where nobody takes part as that any more, the team
    of the role `otherwise`, if the flow names one."""

    capacity: str
    otherwise: str = ""


@dataclass(frozen=True)
class Each:
    """Every participant of this capacity must act, each under a clock of their own."""

    capacity: str


Owner = Team | Field | Each


@dataclass(frozen=True)
class Span:
    """How long something may take, by urgency."""

    urgent: Length
    normal: Length

    def of(self, urgency: str) -> Length:
        return self.urgent if urgency == "urgent" else self.normal


@dataclass(frozen=True)
class Alert:
    """When late: mark the case late and tell these (see `Move.tells`)."""

    to: tuple[str, ...]


@dataclass(frozen=True)
class Remind:
    """When late: remind the owner, `times` times, `every` so long; then make the move `then`."""

    times: int
    every: Length
    then: str


@dataclass(frozen=True)
class Then:
    """When late: make this move at once."""

    move: str


Late = Alert | Remind | Then


@dataclass(frozen=True)
class State:
    """A state: who owns the case in it, how long it may last, and what happens when late.

    `pauses` names the clocks that stand still meanwhile. `extendable`: its deadline may be moved, with a reason.
    """

    code: str
    label: Any
    owner: Owner | None = None
    within: Span | None = None
    late: Late | None = None
    pauses: tuple[str, ...] = ()
    end: bool = False


@dataclass(frozen=True)
class Move:
    """A move between states. `says` is its sentence in the timeline, with `%(actor)s` where a name belongs.

    `to` empty means: the state stays, the act is recorded. `needs` are the keys its data must carry;
    `guard(subject, data)` raises `Refused`. `tells` names who is told: a capacity (`applicant`), `owner`, or
    `team:<role>` at the organisation that handles the case. `meets` ends named clocks; `reason`: one must be given.
    `reopens`: it leaves an end, and the case is open again.
    """

    name: str
    frm: str | tuple[str, ...]
    to: str
    may: str
    label: Any
    says: Any
    guard: Callable[[Any, dict[str, Any]], None] | None = None
    needs: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    audience: str = "patient"
    meets: tuple[str, ...] = ()
    reason: bool = False
    reopens: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.frm,) if isinstance(self.frm, str) else self.frm


@dataclass(frozen=True)
class Clock:
    """A named deadline that runs over several states until a move meets it. It starts with the case, or, `on_call`,
    when `set_clock` starts it; then its name may carry a part of its own, as in `invitation:<id>`."""

    name: str
    label: Any
    within: Span
    late: Late
    on_call: bool = False


@dataclass(frozen=True)
class Flow:
    """A whole flow.

    `capacities`: in what capacities one takes part; those in `ends` end with the case. `see`: the permission to see
    such a case at all; `steer`: to reassign it, to move its deadlines and to hurry it. `told_of_delay`: who is told
    when a deadline moves or passes. `subject(case)` loads what guards look at; without it they get the case.
    `notices`: by move, the fact that its notification states (the label is what its button says, a command in Chinese).
    """

    kind: str
    letter: str
    label: Any
    start: str
    see: str
    steer: str
    capacities: tuple[str, ...]
    states: tuple[State, ...]
    moves: tuple[Move, ...]
    clocks: tuple[Clock, ...] = ()
    ends: tuple[str, ...] = ()
    told_of_delay: tuple[str, ...] = ()
    subject: Callable[[Any], Any] | None = None
    notices: Mapping[str, Any] = field(default_factory=dict)
    _states: dict[str, State] = field(init=False, repr=False, compare=False)
    _moves: dict[str, Move] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_states", {state.code: state for state in self.states})
        object.__setattr__(self, "_moves", {move.name: move for move in self.moves})
        faults = [
            *_state_faults(self),
            *_move_faults(self),
            *_late_faults(self),
            *_told_faults(self),
            *_reach_faults(self),
        ]
        if faults:
            raise BadFlow(f"{self.kind}: " + "; ".join(faults))
        FLOWS[self.kind] = self

    def state(self, code: str) -> State:
        return self._states[code]

    def move(self, name: str) -> Move:
        return self._moves[name]

    def notice(self, move: Move) -> Any:
        """What the move's notification states; its label, where the flow has no words of its own for it."""
        return self.notices.get(move.name, move.label)

    def clock(self, name: str) -> Clock | None:
        """The named clock; `invitation:17` is the clock `invitation`."""
        return next((clock for clock in self.clocks if clock.name == name.partition(":")[0]), None)

    def late(self, state: str, clock: str) -> Late | None:
        """What happens when this clock runs out in this state."""
        found = self.clock(clock)
        return found.late if found else self.state(state).late

    def moves_from(self, state: str) -> list[Move]:
        """The moves that leave, or happen in, a state."""
        return [move for move in self.moves if state in move.sources]


FLOWS: dict[str, Flow] = {}


def _state_faults(flow: Flow) -> Iterable[str]:
    if len(flow._states) != len(flow.states):
        yield "a state is named twice"
    if flow.start not in flow._states:
        yield f"it starts in {flow.start}, which is no state"
    for state in flow.states:
        missing = [part for part in ("owner", "within", "late") if getattr(state, part) is None]
        if not state.end and missing:
            yield f"{state.code} is open and has no {', '.join(missing)}"
        if state.end and (state.owner or state.within or state.late):
            yield f"{state.code} is an end and cannot be owned or late"
        for name in state.pauses:
            if flow.clock(name) is None:
                yield f"{state.code} pauses {name}, which is no clock"


def _move_faults(flow: Flow) -> Iterable[str]:
    if len(flow._moves) != len(flow.moves):
        yield "a move is named twice"
    for move in flow.moves:
        for code in (*move.sources, move.to or flow.start):
            if code not in flow._states:
                yield f"{move.name} names {code}, which is no state"
            elif code in move.sources and flow._states[code].end and not move.reopens:
                yield f"{move.name} leaves {code}, which is an end"
        if move.may != SYSTEM_ONLY and move.may not in grants:
            yield f"{move.name} needs {move.may}, which nobody is granted"
        for name in move.meets:
            if flow.clock(name) is None:
                yield f"{move.name} meets {name}, which is no clock"


def _late_faults(flow: Flow) -> Iterable[str]:
    rules = [(state.code, state.late, {state.code}) for state in flow.states]
    rules += [(clock.name, clock.late, set()) for clock in flow.clocks]
    for place, late, left in rules:
        name = late.then if isinstance(late, Remind) else late.move if isinstance(late, Then) else None
        if name is None:
            continue
        if name not in flow._moves:
            yield f"{place} when late makes {name}, which is no move"
        elif not left <= set(flow._moves[name].sources):
            yield f"{place} when late makes {name}, which does not leave it"


def _told_faults(flow: Flow) -> Iterable[str]:
    for permission in (flow.see, flow.steer):
        if permission not in grants:
            yield f"it needs {permission}, which nobody is granted"
    named = [(move.name, name) for move in flow.moves for name in move.tells]
    named += [(s.code, name) for s in flow.states if isinstance(s.late, Alert) for name in s.late.to]
    named += [(s.code, s.owner.capacity) for s in flow.states if isinstance(s.owner, Field | Each)]
    named += [("a delay", name) for name in flow.told_of_delay] + [("its end", name) for name in flow.ends]
    told = {move.name for move in flow.moves if move.tells}
    for name in sorted(set(flow.notices) - told):
        yield f"{name} has a notice and tells nobody"
    for place, name in named:
        if name != "owner" and not name.startswith("team:") and name not in flow.capacities:
            yield f"{place} names {name}, which is no capacity"


def _reach_faults(flow: Flow) -> Iterable[str]:
    reached, frontier = {flow.start}, [flow.start]
    while frontier:
        here = frontier.pop()
        for move in flow.moves_from(here):
            if move.to and move.to not in reached:
                reached.add(move.to)
                frontier.append(move.to)
    for state in flow.states:
        if state.code not in reached:
            yield f"{state.code} cannot be reached"
        if not state.end and not any(move.to for move in flow.moves_from(state.code)):
            yield f"{state.code} cannot be left"
