"""The letters at the edges of an image."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.records.imaging.orientation import OPPOSITE, Edges, edges, letters

directions = st.lists(st.floats(-1, 1), min_size=3, max_size=3)


@pytest.mark.parametrize(
    ("cosines", "expected"),
    [
        ((1, 0, 0, 0, 1, 0), Edges("R", "L", "A", "P")),  # a slice across: one looks from the feet
        ((1, 0, 0, 0, 0, -1), Edges("R", "L", "H", "F")),  # from the front
        ((0, 1, 0, 0, 0, -1), Edges("A", "P", "H", "F")),  # from the side
        ((0.8, 0.6, 0, 0, 0, -1), Edges("RA", "LP", "H", "F")),
        ((0, 0, 0, 0, 1, 0), None),
        ((), None),
    ],
)
def test_known_planes(cosines, expected):
    assert edges(cosines) == expected


@given(directions)
def test_turning_round_gives_the_opposite_letters(direction):
    assert letters([-value for value in direction]) == letters(direction).translate(OPPOSITE)


@given(directions, directions)
def test_opposite_edges_carry_opposite_letters(row, column):
    found = edges([*row, *column])
    if found:
        assert found.left.translate(OPPOSITE) == found.right
        assert found.top.translate(OPPOSITE) == found.bottom
