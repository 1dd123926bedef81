"""Where the sheet of paper lies in a photograph, and how sure that is. By contours, edges and lines of text; no model.

A sheet is believed when three things agree: four straight sides with the light inside and the dark outside, a shape
that a sheet can have, and lines of text on it. A hand, a wound, a film on a light box or a screen lack one of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

Picture = np.ndarray[Any, Any]
SEARCHED_SIDE = 900  # pixels of the longer side of the picture in which the sheet is looked for
LEAST_PART, MOST_PART = 0.2, 0.985  # of the photograph that the sheet takes
AT_BORDER = 0.006  # of the longer side: a side so near to the photograph's border may be cut off
MOST_OUTSIDE = 0.03  # of the longer side: so far a corner may lie outside the photograph
SAMPLES = 64  # places on each side of the sheet where it is asked whether paper ends there
LEAST_STEP = 10.0  # levels of light (of 255) between paper and what it lies on
OPEN_ANGLE = (50.0, 130.0)  # degrees at the corners of a sheet seen from one side
SURE = 0.8


@dataclass(frozen=True)
class Sheet:
    """Four corners in pixels of the photograph (clockwise from the upper left), and how sure: 0 to 1."""

    corners: Picture
    sure: float


def find_sheet(picture: Picture) -> Sheet | None:
    """The sheet in a photograph (BGR, 8 bits), or None where there is none that one may be sure of."""
    scale = SEARCHED_SIDE / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
    scale = min(scale, 1.0)
    light = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2LAB)[:, :, 0], (5, 5), 0)
    found = [(weigh_sides(light, corners), corners) for corners in list_candidates(small, light)]
    if not found:
        return None
    sure, corners = max(found, key=lambda one: one[0])
    return Sheet((corners / scale).astype(np.float32), sure) if sure >= SURE else None


def list_candidates(small: Picture, light: Picture) -> Iterator[Picture]:
    """Four corners of whatever might be a sheet."""
    for mask in list_masks(small, light):
        shapes, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        for shape in sorted(shapes, key=cv2.contourArea, reverse=True)[:2]:
            corners = four_corners(shape)
            if corners is not None and is_sheetlike(corners, light.shape):
                yield corners


def list_masks(small: Picture, light: Picture) -> Iterator[Picture]:
    """What might be the sheet, white on black: what is light, what is light and pale, what edges enclose."""
    wide = cv2.getStructuringElement(cv2.MORPH_RECT, (15, 15))
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)[:, :, 1]
    pale = cv2.subtract(light, cv2.GaussianBlur(grey, (5, 5), 0) // 2)
    for plane in (light, pale):
        level, mask = cv2.threshold(plane, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        yield opened(mask, wide)
        # Half in the shadow of a hand: the dark half of the paper is lighter still than the table.
        _, darker = cv2.threshold(plane, level * 0.75, 255, cv2.THRESH_BINARY)
        yield opened(darker, wide)
    edges = cv2.dilate(cv2.Canny(light, 30, 90), np.ones((3, 3), np.uint8))
    yield cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))


def opened(mask: Picture, wide: Picture) -> Picture:
    """Print filled, threads between the sheet and other light things cut."""
    filled = cv2.morphologyEx(cv2.copyMakeBorder(mask, 16, 16, 16, 16, cv2.BORDER_CONSTANT), cv2.MORPH_CLOSE, wide)
    return cv2.morphologyEx(filled, cv2.MORPH_OPEN, wide)[16:-16, 16:-16]


def four_corners(shape: Picture) -> Picture | None:
    """The four corners of a contour whose hull is a quadrilateral, each where two fitted sides meet; else None."""
    hull = cv2.convexHull(shape)
    for part in (0.02, 0.03, 0.04, 0.05):
        rough = cv2.approxPolyDP(hull, part * cv2.arcLength(hull, True), True)
        if len(rough) == 4:
            return in_order(fit_sides(hull[:, 0].astype(np.float64), rough[:, 0].astype(np.float64)))
    return None


def fit_sides(hull: Picture, rough: Picture) -> Picture:
    """The corners again, as the meeting points of lines through all that lies along each side."""
    lines = []
    dense = np.concatenate(
        [np.linspace(a, b, 40, endpoint=False) for a, b in zip(hull, np.roll(hull, -1, 0), strict=True)]
    )
    for start, end in zip(rough, np.roll(rough, -1, 0), strict=True):
        along = (end - start) / max(np.linalg.norm(end - start), 1)
        beside = dense - start
        place = beside @ along / max(np.linalg.norm(end - start), 1)
        near = np.abs(beside @ np.array([-along[1], along[0]])) < 0.015 * np.linalg.norm(end - start)
        points = dense[near & (place > 0.06) & (place < 0.94)]
        if len(points) < 2:
            points = np.array([start, end])
        dx, dy, x, y = cv2.fitLine(points.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        lines.append(np.cross([x, y, 1.0], [x + dx, y + dy, 1.0]))
    meet = [np.cross(a, b) for a, b in zip(np.roll(lines, 1, 0), lines, strict=True)]
    flat = np.array(
        [point[:2] / point[2] if abs(point[2]) > 1e-9 else old for point, old in zip(meet, rough, strict=True)]
    )
    return np.where(np.linalg.norm(flat - rough, axis=1, keepdims=True) < 0.1 * np.ptp(hull), flat, rough)


def in_order(corners: Picture) -> Picture:
    """Clockwise from the corner that is nearest to the upper left, so that nothing is turned by more than 45°."""
    middle = corners.mean(0)
    clockwise = corners[np.argsort(np.arctan2(*(corners - middle).T[::-1]))]
    size = np.ptp(clockwise, 0).max()
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size / 2
    turns = [np.abs(np.roll(clockwise, -turn, 0) - middle - square).sum() for turn in range(4)]
    return np.roll(clockwise, -int(np.argmin(turns)), 0).astype(np.float32)


def is_sheetlike(corners: Picture, shape: tuple[int, ...]) -> bool:
    """Whether a sheet can look so from some side: convex, large enough, no corner too sharp, no side at the border."""
    height, width = shape[:2]
    part = cv2.contourArea(corners) / (height * width)
    if not cv2.isContourConvex(corners) or not LEAST_PART < part < MOST_PART:
        return False
    least, most = OPEN_ANGLE
    if not all(least < angle < most for angle in angles_of(corners)):
        return False
    spare = AT_BORDER * max(height, width)
    outside = MOST_OUTSIDE * max(height, width)
    x, y = corners.T
    if min(x.min(), y.min()) < -outside or x.max() > width + outside or y.max() > height + outside:
        return False
    # A corner may be cut off; where both ends of a side are, the side is the photograph's border and not the sheet's.
    for cut in (x < spare, y < spare, x > width - 1 - spare, y > height - 1 - spare):
        if (cut & np.roll(cut, -1)).any():
            return False
    return True


def angles_of(corners: Picture) -> list[float]:
    """The angles at the corners, in degrees."""
    found = []
    for before, here, after in zip(np.roll(corners, 1, 0), corners, np.roll(corners, -1, 0), strict=True):
        a, b = before - here, after - here
        cosine = a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-6)
        found.append(float(np.degrees(np.arccos(np.clip(cosine, -1, 1)))))
    return found


def weigh_sides(light: Picture, corners: Picture) -> float:
    """How much of its sides is an edge with the paper inside: of the worst side."""
    middle = corners.mean(0)
    held = []
    for start, end in zip(corners, np.roll(corners, -1, 0), strict=True):
        along = (end - start) / np.linalg.norm(end - start)
        inwards = np.array([-along[1], along[0]])
        inwards = inwards if inwards @ (middle - start) > 0 else -inwards
        places = start + np.linspace(0.04, 0.96, SAMPLES)[:, None] * (end - start)
        places = places[((places > 8) & (places < np.array(light.shape[1::-1]) - 9)).all(1)]
        if len(places) < SAMPLES // 2:
            return 0.0
        inner = np.mean([at(light, places + inwards * step) for step in (4, 6, 8)], axis=0)
        outer = np.mean([at(light, places - inwards * step) for step in (4, 6, 8)], axis=0)
        held.append(float(np.mean(inner - outer > LEAST_STEP)))
    return min(held)


def at(plane: Picture, places: Picture) -> Picture:
    """The values of a plane at some places, the border's where they lie outside."""
    x = np.clip(places[:, 0].round().astype(int), 0, plane.shape[1] - 1)
    y = np.clip(places[:, 1].round().astype(int), 0, plane.shape[0] - 1)
    return plane[y, x].astype(np.float64)
