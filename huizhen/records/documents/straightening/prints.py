"""What is printed on a sheet, as far as setting it straight needs to know: whether there are lines of text, at which
angle they run, and how the light falls on the paper between them."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

Picture = np.ndarray[Any, Any]
LOOKED_AT = 1000  # pixels of the longer side
LETTER = (0.005, 0.05)  # of the longer side: how high a letter may be
LEAST_LINES = 5
LEAST_INK = 22  # levels (of 255) between ink and the paper around it
STEADY = 0.8  # degrees by which half of the lines may differ from the middle
TILES = 32  # along the longer side, for the light
DARKEST, LEAST_SHADOW = 0.25, 0.85  # of the lightest paper: darker is no shadow, lighter disturbs nobody
MOST_UNEXPLAINED = 0.12  # of the tiles may differ from the smooth light: more is a printed picture
LEAST_PAPER = 90  # level (of 255) that paper has where light falls on it


@dataclass(frozen=True)
class Print:
    """`lines` of text were found; they rise by `angle` degrees (against the clock), half of them within `spread` of it;
    `paper`: the part of the sheet that is as light as paper is around it."""

    lines: int
    angle: float
    spread: float
    paper: float

    @property
    def is_text(self) -> bool:
        """Whether this is a page with text, rather than anything else that is light."""
        return self.lines >= LEAST_LINES and self.spread <= STEADY and self.paper > 0.6


def look_at(page: Picture) -> Print:
    """Find the lines of text on a page (BGR)."""
    scale = min(1.0, LOOKED_AT / max(page.shape[:2]))
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    ground = np.maximum(cv2.medianBlur(cv2.dilate(grey, np.ones((7, 7))), 31), 1)
    level = cv2.divide(grey, ground, scale=255)
    # In the dark grain alone is a fifth of the light: ink is darker by more than grain ever is.
    ink = ((level < 212) & (cv2.subtract(ground, grey) > LEAST_INK)).astype(np.uint8)
    letters = keep_letters(ink)
    angles, widths = angles_of(letters)
    if not len(angles):
        return Print(0, 0.0, 90.0, float((level > 215).mean()))
    middle = weighted_median(angles, widths)
    spread = weighted_median(np.abs(angles - middle), widths)
    return Print(int((np.abs(angles - middle) < 3).sum()), middle, spread, float((level > 215).mean()))


def keep_letters(ink: Picture) -> Picture:
    """Only spots that have the size of letters: no rules, no frames, no pictures, no grain."""
    count, names, facts, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    side = max(ink.shape)
    width, height, area = facts[:, cv2.CC_STAT_WIDTH], facts[:, cv2.CC_STAT_HEIGHT], facts[:, cv2.CC_STAT_AREA]
    least, most = max(4, LETTER[0] * side), LETTER[1] * side
    kept = (height >= least) & (height <= most) & (width <= 4 * most) & (width >= 2) & (area > 0.12 * width * height)
    kept[0] = False
    return kept[names].astype(np.uint8) if count > 1 else np.zeros_like(ink)


def angles_of(letters: Picture) -> tuple[Picture, Picture]:
    """The angles (degrees, against the clock) of runs of letters, and the runs' lengths in pixels."""
    reach = max(9, round(0.02 * max(letters.shape))) | 1
    joined = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((3, reach), np.uint8))
    shapes, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    angles, widths = [], []
    for shape in shapes:
        (_, _), (one, other), turned = cv2.minAreaRect(shape)
        long, short = max(one, other), min(one, other)
        if long < 4 * short or long < 0.05 * max(letters.shape) or short < 4:
            continue
        leaning = turned if one >= other else turned - 90
        leaning = (leaning + 90) % 180 - 90
        if abs(leaning) < 30:
            angles.append(-leaning)
            widths.append(long)
    return np.array(angles), np.array(widths)


def weighted_median(values: Picture, weights: Picture) -> float:
    """The value with as much weight below it as above."""
    order = np.argsort(values)
    passed = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(passed, passed[-1] / 2)])


def even_light(page: Picture) -> Picture | None:
    """A page with the shadow on it lifted; None where little is to be gained, or no smooth light explains what is dark.

    The light is measured on the paper between the letters, tile by tile; colours keep their ratio.
    """
    height, width = page.shape[:2]
    light = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    tiles = measure_light(light)
    smooth = cv2.GaussianBlur(cv2.medianBlur(tiles, 5), (0, 0), 1.0)
    whole = float(np.percentile(smooth, 95))
    fall = smooth / max(whole, 1.0)
    darkest = float(np.percentile(fall, 5))
    unexplained = float(np.mean(np.abs(tiles - smooth) > 0.12 * smooth))
    if not DARKEST < darkest < LEAST_SHADOW or unexplained > MOST_UNEXPLAINED or whole < LEAST_PAPER:
        return None
    gain = cv2.resize(1 / np.clip(fall, DARKEST, 1.0), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(page.astype(np.float32) * gain[..., None], 0, 255).astype(np.uint8)


def measure_light(light: Picture) -> Picture:
    """How light the paper is, tile by tile: letters take less than a sixth of any."""
    height, width = light.shape
    scale = TILES / max(height, width)
    down, across = (np.linspace(0, side, max(4, round(side * scale)) + 1).astype(int) for side in (height, width))
    return np.array(
        [[np.percentile(light[a:b:2, c:d:2], 85) for c, d in pairwise(across)] for a, b in pairwise(down)], np.float32
    )
