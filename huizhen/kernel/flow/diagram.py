"""Every registered flow as a Mermaid diagram, and as tables: who must act, until when, and what happens then."""

import re
from collections.abc import Iterable
from typing import Any

from django.utils import translation

from huizhen.kernel.calendar import Length
from huizhen.kernel.flow.language import (
    FLOWS,
    Alert,
    Clock,
    Each,
    Field,
    Flow,
    Late,
    Move,
    Owner,
    Remind,
    Span,
    State,
    Team,
)

OPENING = """# Flows

Drawn from the tables in the code by `make flows`; a test compares. Do not edit.
"""
NONE_YET = "\nNo flow is registered yet.\n"
BREAKS_MERMAID = re.compile(r"[;:#\n]+")


def render_flows(flows: Iterable[Flow] | None = None) -> str:
    """The page `docs/flows.md`: each flow in the order of its kind, labels in English. Same flows, same text."""
    chosen = sorted(FLOWS.values() if flows is None else flows, key=lambda flow: flow.kind)
    with translation.override("en"):
        return OPENING + ("".join(_page(flow) for flow in chosen) or NONE_YET)


def _page(flow: Flow) -> str:
    parts = [
        f"\n## `{flow.kind}` {flow.label}\n\nCase numbers begin with `{flow.letter}`.\n",
        _diagram(flow),
        _states(flow),
        _clocks(flow),
        _moves(flow),
    ]
    return "\n".join(part for part in parts if part)


def _diagram(flow: Flow) -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {flow.start}"]
    lines += [f'    state "{_plain(state.label)}" as {state.code}' for state in flow.states]
    arrows: dict[tuple[str, str], list[str]] = {}
    for move in flow.moves:
        for source in move.sources:
            arrows.setdefault((source, move.to or source), []).append(_plain(move.name))
    # One arrow for each pair of states: Mermaid draws parallel ones on top of each other.
    lines += [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in arrows.items()]
    lines += [f"    {state.code} --> [*]" for state in flow.states if state.end]
    return "\n".join([*lines, "```", ""])


def _states(flow: Flow) -> str:
    rows = [
        "| state | label | owner | deadline: urgent / normal | when late | clocks that stand |",
        "|---|---|---|---|---|---|",
    ]
    rows += [_state_row(state) for state in flow.states]
    return "\n".join([*rows, ""])


def _state_row(state: State) -> str:
    if state.end:
        return f"| `{state.code}` | {state.label} | end | – | – | – |"
    pauses = ", ".join(f"`{name}`" for name in state.pauses) or "–"
    deadline = f"{_span(state.within)} | {_late(state.late)}"
    return f"| `{state.code}` | {state.label} | {_owner(state.owner)} | {deadline} | {pauses} |"


def _clocks(flow: Flow) -> str:
    if not flow.clocks:
        return ""
    rows = ["| clock | label | deadline: urgent / normal | when late | met by |", "|---|---|---|---|---|"]
    rows += [_clock_row(flow, clock) for clock in flow.clocks]
    return "\n".join([*rows, ""])


def _clock_row(flow: Flow, clock: Clock) -> str:
    met_by = ", ".join(f"`{move.name}`" for move in flow.moves if clock.name in move.meets) or "–"
    return f"| `{clock.name}` | {clock.label} | {_span(clock.within)} | {_late(clock.late)} | {met_by} |"


def _moves(flow: Flow) -> str:
    rows = [
        "| move | label | from | to | permission | needs | who is told | who sees it |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows += [_move_row(move) for move in flow.moves]
    return "\n".join([*rows, ""])


def _move_row(move: Move) -> str:
    needs = [f"`{name}`" for name in move.needs] + (["a reason"] if move.reason else [])
    needs += ["its guard agrees"] if move.guard else []
    cells = [
        f"`{move.name}`",
        str(move.label),
        ", ".join(f"`{source}`" for source in move.sources),
        f"`{move.to}`" if move.to else "stays",
        f"`{move.may}`",
        ", ".join(needs) or "–",
        ", ".join(move.tells) or "–",
        move.audience,
    ]
    return f"| {' | '.join(cells)} |"


def _owner(owner: Owner | None) -> str:
    match owner:
        case Team(role):
            return f"team: {role}"
        case Field(capacity, otherwise):
            return f"{capacity}, else team: {otherwise}" if otherwise else capacity
        case Each(capacity):
            return f"each {capacity}"
    return "–"


def _late(late: Late | None) -> str:
    match late:
        case None:
            return "–"
        case Alert(to):
            return f"alert {', '.join(to)}"
        case Remind(times, every, then):
            return f"remind {times} times, every {_length(every)}; then `{then}`"
    return f"`{late.move}` at once"


def _span(span: Span | None) -> str:
    return f"{_length(span.urgent)} / {_length(span.normal)}" if span else "–"


def _length(length: Length) -> str:
    unit = length.unit.replace("_", " ")
    return f"{length.amount} {unit.removesuffix('s') if length.amount == 1 else unit}"


def _plain(label: Any) -> str:
    """A label without the characters that end a line of Mermaid."""
    return re.sub(r"\s+", " ", BREAKS_MERMAID.sub(" ", str(label))).replace('"', "'").strip()
