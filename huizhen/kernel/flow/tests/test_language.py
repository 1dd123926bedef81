from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from huizhen.kernel.calendar import hours
from huizhen.kernel.flow.language import FLOWS, Alert, BadFlow, Each, Field, Flow, Move, Span, State, Team, Then
from tests.example.flow import ERRAND, RUN, SEE, STEER

DAY = Span(urgent=hours(1), normal=hours(24))


def build(states, moves, **given) -> Flow:
    parts = {"kind": "example.made", "letter": "M", "label": "试", "start": "a", "see": SEE, "steer": STEER}
    try:
        return Flow(**parts, capacities=("applicant",), states=states, moves=moves, **given)
    finally:
        FLOWS.pop("example.made", None)


def opened(code="a", **given) -> State:
    return State(code, code, **{"owner": Team("coordinator"), "within": DAY, "late": Alert(to=("owner",)), **given})


END = State("z", "z", end=True)
FINISH = Move("finish", "a", "z", RUN, "f", "f")


@pytest.mark.parametrize(
    ("states", "moves", "fault"),
    [
        ((opened(owner=None), END), (FINISH,), "a is open and has no owner"),
        ((opened(within=None), END), (FINISH,), "a is open and has no within"),
        ((opened(late=None), END), (FINISH,), "a is open and has no late"),
        ((opened(), END, opened("b")), (FINISH, Move("x", "b", "z", RUN, "x", "x")), "b cannot be reached"),
        ((opened(), END), (Move("stay", "a", "", RUN, "s", "s"),), "a cannot be left"),
        ((opened(), END), (FINISH, Move("back", "z", "a", RUN, "b", "b")), "back leaves z, which is an end"),
        ((opened(), END), (FINISH, Move("lost", "a", "q", RUN, "l", "l")), "lost names q, which is no state"),
        ((opened(), END), (replace(FINISH, may="example:no:body"),), "which nobody is granted"),
        ((opened(late=Then("vanish")), END), (FINISH,), "makes vanish, which is no move"),
        ((opened(owner=Field("ghost")), END), (FINISH,), "names ghost, which is no capacity"),
        ((opened(owner=Each("ghost")), END), (FINISH,), "names ghost, which is no capacity"),
        ((opened(), END), (replace(FINISH, tells=("ghost",)),), "names ghost, which is no capacity"),
        ((opened(pauses=("whole",)), END), (FINISH,), "pauses whole, which is no clock"),
        ((opened(), END), (replace(FINISH, meets=("whole",)),), "meets whole, which is no clock"),
        ((opened(), opened(), END), (FINISH,), "a state is named twice"),
        ((opened(), END), (FINISH, FINISH), "a move is named twice"),
        (
            (opened(), State("z", "z", owner=Team("coordinator"), end=True)),
            (FINISH,),
            "z is an end and cannot be owned",
        ),
    ],
)
def test_a_table_that_contradicts_itself_is_not_imported(states, moves, fault):
    with pytest.raises(BadFlow, match=fault):
        build(states, moves)


def test_a_sound_table_is():
    assert build((opened(), END), (FINISH,)).move("finish").to == "z"


@given(some.sets(some.sampled_from(["placed", "unclear", "running", "done"]), min_size=1))
def test_taking_states_away_never_leaves_a_table_that_imports(gone):
    states = tuple(state for state in ERRAND.states if state.code not in gone)
    with pytest.raises(BadFlow):
        replace(ERRAND, states=states)


def test_the_order_of_faults_is_all_of_them():
    with pytest.raises(BadFlow, match=r"no owner.*cannot be reached"):
        build((opened(owner=None), END, opened("b")), (FINISH, Move("x", "b", "z", RUN, "x", "x")))
