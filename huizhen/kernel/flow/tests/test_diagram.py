"""Flows are drawn whole: every state, move, owner, deadline and late rule appears."""

import pytest

from huizhen.kernel.access import grant
from huizhen.kernel.calendar import hours, minutes, working_days
from huizhen.kernel.flow.diagram import NONE_YET, render_flows
from huizhen.kernel.flow.language import FLOWS, Alert, Clock, Each, Field, Flow, Move, Remind, Span, State, Team, Then

grant("example:chore:act", roles=("operator",))


@pytest.fixture
def chore():
    """A small flow that uses every part of the language; it is forgotten after the test."""
    yield Flow(
        kind="example.chore",
        letter="X",
        label="Chore",
        start="waiting",
        see="example:chore:act",
        steer="example:chore:act",
        capacities=("owner", "expert", "patient", "chair"),
        states=(
            State(
                "waiting",
                "Waiting: for you",
                Team("operator"),
                Span(minutes(1), hours(2)),
                Alert(("team:team_lead", "chair")),
            ),
            State(
                "asked",
                "Asked",
                Field("owner"),
                Span(hours(24), working_days(3)),
                Remind(3, hours(8), "drop"),
                pauses=("answer",),
            ),
            State("read", "Being read", Each("expert"), Span(hours(4), hours(24)), Then("drop")),
            State("dropped", "Dropped", end=True),
        ),
        moves=(
            Move("ask", "waiting", "asked", "example:chore:act", "Ask", "asked", needs=("what",), tells=("patient",)),
            Move("read", ("waiting", "asked"), "read", "example:chore:act", "Read", "reads", meets=("answer",)),
            Move("note", "read", "", "example:chore:act", "Note", "noted", audience="team", guard=lambda *_: None),
            Move("drop", ("waiting", "asked", "read"), "dropped", "system", "Drop", "dropped", reason=True),
        ),
        clocks=(Clock("answer", "First answer", Span(minutes(30), hours(2)), Alert(("team:operator",))),),
    )
    del FLOWS["example.chore"]


def test_a_flow_is_drawn_whole(chore):
    page = render_flows([chore])
    for line in [
        "    [*] --> waiting",
        '    state "Waiting for you" as waiting',
        "    asked --> read: read",
        "    read --> read: note",
        "    dropped --> [*]",
        "| `waiting` | Waiting: for you | team: operator | 1 minute / 2 hours | alert team:team_lead, chair | – |",
        "| `asked` | Asked | owner | 24 hours / 3 working days | remind 3 times, every 8 hours; then `drop` | `answer` |",
        "| `read` | Being read | each expert | 4 hours / 24 hours | `drop` at once | – |",
        "| `answer` | First answer | 30 minutes / 2 hours | alert team:operator | `read` |",
        "| `ask` | Ask | `waiting` | `asked` | `example:chore:act` | `what` | patient | patient |",
        "| `note` | Note | `read` | stays | `example:chore:act` | its guard agrees | – | team |",
        "| `drop` | Drop | `waiting`, `asked`, `read` | `dropped` | `system` | a reason | – | patient |",
    ]:
        assert line in page.splitlines()


def test_a_registered_flow_is_on_the_page(chore):
    assert "## `example.chore` Chore" in render_flows()


def test_without_flows_the_page_says_so():
    assert NONE_YET in render_flows([])
