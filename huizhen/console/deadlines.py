"""A running clock as the due badge wants it: the time, and the story of how it came about, in sentences."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from huizhen.console import durations
from huizhen.console.shapes import Due, Step
from huizhen.kernel.calendar import WORKING
from huizhen.kernel.clock import now
from huizhen.kernel.flow import clocks
from huizhen.kernel.flow.language import Flow

RUNNING = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}


def to_due(clock: Any, flow: Flow) -> Due:
    """A `CaseDeadline` with its explanation."""
    story = clocks.explain(clock)
    steps = tuple(_step(fact, flow) for fact in story)
    days = tuple(str(fact) for fact in story[0]["calendar"])
    return Due(
        at=clock.due_at,
        label=_label(clock.name, flow),
        calendar=" ".join((_calendar(clock.calendar), *days)),
        steps=steps,
        paused_at=clock.paused_at,
        paused_why=_("Waiting for material.") if clock.paused_at else "",
    )


def _label(name: str, flow: Flow) -> Any:
    found = flow.clock(name)
    return found.label if found else _("Deadline of this step")


def _calendar(calendar: str) -> str:
    if calendar == WORKING:
        return _("Counted in working hours; nights, weekends and holidays do not count.")
    return _("Counted around the clock, nights and holidays included.")


def _step(fact: dict[str, Any], flow: Flow) -> Step:
    at = datetime.fromisoformat(fact["at"])
    due = durations.moment(datetime.fromisoformat(fact["due"]), now=now()) if "due" in fact else ""
    words = {
        "start": _("The clock started: %(length)s.") % {"length": _length(fact)} if "unit" in fact else "",
        "pause": _("It stands still: %(why)s.") % {"why": _state(fact.get("why", ""), flow)},
        "resume": _("It runs again; due %(due)s.") % {"due": due},
        "extend": _("Moved to %(due)s, with a reason that was sent.") % {"due": due},
        "urgency": _("The urgency changed; due %(due)s.") % {"due": due},
    }
    return Step(at, words.get(fact["what"], fact["what"]))


def _state(code: str, flow: Flow) -> str:
    return next((str(state.label) for state in flow.states if state.code == code), code)


def _length(fact: dict[str, Any]) -> str:
    unit, amount = fact["unit"], fact["amount"]
    if unit in RUNNING:
        return durations.length(RUNNING[unit] * amount)
    if unit == "working_days":
        return ngettext("%(n)s working day", "%(n)s working days", amount) % {"n": amount}
    return ngettext("%(n)s working hour", "%(n)s working hours", amount) % {"n": amount}
