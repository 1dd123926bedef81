"""Which deadlines an operator may give a length of their own, and what they are called."""

from huizhen.kernel.flow.language import FLOWS, STATE_CLOCK


def list_deadlines() -> dict[tuple[str, str], str]:
    """Every deadline of every flow, as a flow's kind and a clock's name, in the reader's words."""
    found = {}
    for flow in FLOWS.values():
        for state in flow.states:
            if state.within is not None:
                found[flow.kind, f"{STATE_CLOCK}.{state.code}"] = f"{flow.label} · {state.label}"
        for clock in flow.clocks:
            found[flow.kind, clock.name] = f"{flow.label} · {clock.label}"
    return found


def named(kind: str, deadline: str) -> str:
    """What a deadline is called; by its codes, where no flow has it any more."""
    return list_deadlines().get((kind, deadline), f"{kind} {deadline}")
