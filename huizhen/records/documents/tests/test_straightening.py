"""A photographed page comes back straight, level and evenly lit, or it stays as it was taken; nothing else is touched."""

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huizhen.records.apart import Unreadable
from huizhen.records.documents.ports import OwnProcess
from huizhen.records.documents.samples import ecg_picture
from huizhen.records.documents.straightening.prints import even_light, look_at
from huizhen.records.documents.straightening.scenes import NO_SHEETS, lay, no_sheet, turning
from huizhen.records.documents.straightening.setting import straighten, turn
from huizhen.records.documents.straightening.sheets import find_sheet
from huizhen.records.transcripts.samples import PAPER, SHEETS, draw_sheet

A4 = PAPER[1] / PAPER[0]
FEW = settings(max_examples=5, deadline=None, derandomize=True)
SMALL = (1100, 825)
cv2.setNumThreads(1)


@cache
def printed(number: int = 0) -> np.ndarray:
    """A report as a printer makes it, blue first."""
    return np.ascontiguousarray(np.asarray(draw_sheet(SHEETS[number]))[:, :, ::-1])


def level_of(picture: np.ndarray) -> float:
    return abs(look_at(picture).angle)


@FEW
@given(st.integers(0, 10_000), st.floats(0.1, 1.5))
def test_a_sheet_seen_from_one_side_comes_back_or_is_left_alone(seed, lean):
    photograph, corners = lay(printed(seed % 6), seed=seed, lean=lean, size=SMALL)
    found, made = find_sheet(photograph), straighten(photograph)
    if made is None:
        return
    assert found is not None
    assert np.abs(found.corners - corners).max() < 3  # of 1100 pixels
    high, wide = made.picture.shape[:2]
    assert abs(high / wide / A4 - 1) < 0.015
    assert level_of(made.picture) < 0.35
    assert look_at(made.picture).is_text


def test_as_people_hold_a_phone_nearly_every_sheet_is_found():
    found = [straighten(lay(printed(seed % 6), seed=seed, size=SMALL)[0]) for seed in range(4)]
    assert all(made is not None and "perspective" in made.done for made in found)


@FEW
@given(st.floats(-8, 8))
def test_lines_without_an_edge_of_paper_are_made_level(degrees):
    made = straighten(turn(printed(1), degrees))
    if abs(degrees) > 0.6:
        assert made is not None
        assert made.done == ("skew",)
        assert level_of(made.picture) < 0.3


def test_a_shadow_is_lifted_and_colour_and_pictures_stay():
    page = printed(0).copy()
    page[1200:1400, 300:600] = (60, 60, 220)  # a red stamp
    shade = np.linspace(1, 0.45, page.shape[1])[None, :, None]
    made = straighten((page * shade).astype(np.uint8))
    assert made is not None
    assert made.done == ("shadow",)
    paper = cv2.cvtColor(made.picture, cv2.COLOR_BGR2GRAY)[1500:1700]
    assert np.percentile(paper, 2) > 225
    blue, _green, red = made.picture[1300, 450].astype(int)
    assert red > 3 * blue
    page[500:1300, 200:1000] = (np.random.default_rng(1).random((800, 800, 1)) * 70 + 10).astype(np.uint8)
    assert even_light(page) is None  # an image printed on the report is no shadow


@pytest.mark.parametrize("kind", NO_SHEETS)
def test_photographs_of_anything_else_are_left_alone(kind):
    assert straighten(no_sheet(kind)) is None


def test_what_is_straight_already_and_what_lies_beside_something_is_left_alone():
    assert straighten(printed(0)) is None
    assert straighten(cv2.imdecode(np.frombuffer(ecg_picture(), np.uint8), cv2.IMREAD_COLOR)) is None
    pair = np.full((1900, 2900, 3), 60, np.uint8)
    pair[60:1814, 80:1320] = printed(0)
    pair[200:1400, 1500:2700] = printed(1)[100:1300, :1200]
    made = straighten(pair)
    assert made is None or "perspective" not in made.done  # of two pages none is cut away


def test_a_rotation_is_a_rotation():
    way = turning(10, 20, 30)
    assert np.allclose(way @ way.T, np.eye(3))


def test_a_process_of_its_own_does_it_and_says_what_it_cannot_open():
    photograph, _ = lay(printed(0), seed=3, size=SMALL)
    kept, data = cv2.imencode(".jpg", photograph)
    made = OwnProcess().straighten(data.tobytes())
    assert kept
    assert made is not None
    assert made.done == ("perspective",)
    assert made.picture.startswith(b"\xff\xd8\xff")
    with pytest.raises(Unreadable, match="damaged"):
        OwnProcess().straighten(b"no picture")
