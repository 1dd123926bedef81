"""How long each deadline is: the flow's own figure, or the operator's in its place."""

import time

from huizhen.kernel.calendar import Length
from huizhen.kernel.flow.language import STATE_CLOCK, Clock, Flow
from huizhen.kernel.flow.models import Promise

FRESH_SECONDS = 10.0

_cache: dict[str, tuple[float, dict[tuple[str, str, str], tuple[str, int]]]] = {}


def state_length(flow: Flow, state: str, urgency: str) -> Length:
    """The length of a state's deadline. An operator's change is seen within ten seconds, by new deadlines only."""
    within = flow.state(state).within
    assert within is not None, f"{flow.kind}.{state} is an end and has no deadline"  # noqa: S101
    return _changed(flow.kind, f"{STATE_CLOCK}.{state}", urgency) or within.of(urgency)


def clock_length(flow: Flow, clock: Clock, urgency: str) -> Length:
    """The length of a named clock."""
    return _changed(flow.kind, clock.name, urgency) or clock.within.of(urgency)


def forget() -> None:
    """Read the operator's figures again at the next use."""
    _cache.clear()


def _changed(kind: str, deadline: str, urgency: str) -> Length | None:
    read_at, figures = _cache.get("all", (-FRESH_SECONDS, {}))
    if time.monotonic() - read_at >= FRESH_SECONDS:
        figures = {(p.kind, p.deadline, p.urgency): (p.unit, p.amount) for p in Promise.objects.all()}
        _cache["all"] = (time.monotonic(), figures)
    # Only the row that is asked for becomes a length: what is wrong with another is no reason to stop here.
    found = figures.get((kind, deadline, urgency))
    return Length(*found) if found else None
