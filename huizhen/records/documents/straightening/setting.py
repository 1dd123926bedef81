"""Setting a photographed page straight: perspective away, lines level, shadow lifted. Pictures in, a picture out."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from huizhen.records.documents.straightening.prints import even_light, look_at
from huizhen.records.documents.straightening.sheets import find_sheet

Picture = np.ndarray[Any, Any]
LONGEST_SIDE = 2600  # pixels: a page of A4 at 220 dpi
LEAST_LEAN, MOST_LEAN = 0.35, 20.0  # degrees: below it nobody sees it, beyond it the lines are not trusted
FEW_LINES = 3
TRIM = 0.003  # of the sides that is cut away at each edge, where paper and table mix
A4 = math.sqrt(2)


@dataclass(frozen=True)
class Straight:
    """A page set straight: what was done (`perspective`, `skew`, `shadow`), and how sure the sheet was, 0 to 1."""

    picture: Picture
    done: tuple[str, ...]
    sure: float


def straighten(picture: Picture) -> Straight | None:
    """The page in a photograph (BGR, upright by its metadata), or None where it is better left as it was taken."""
    done: list[str] = []
    page, sure = picture, 1.0
    sheet = find_sheet(picture)
    if sheet is not None:
        flat = flatten(picture, sheet.corners)
        # Print beside the sheet would be lost from sight: a second page, a label.
        if look_at(flat).is_text and look_at(without(picture, sheet.corners)).lines < FEW_LINES:
            page, sure = flat, sheet.sure
            done.append("perspective")
    found = look_at(page)
    if not found.is_text:
        return None
    if LEAST_LEAN < abs(found.angle) < MOST_LEAN:
        page = turn(page, -found.angle)
        done.append("skew")
    lifted = even_light(page)
    if lifted is not None:
        page = lifted
        done.append("shadow")
    return Straight(page, tuple(done), sure) if done else None


def without(picture: Picture, corners: Picture) -> Picture:
    """A photograph with the sheet painted over."""
    rest = picture.copy()
    cv2.fillConvexPoly(
        rest, corners.round().astype(np.int32), [int(level) for level in np.median(picture, axis=(0, 1))]
    )
    return rest


def flatten(picture: Picture, corners: Picture) -> Picture:
    """The sheet between four corners as if it had been seen from straight above."""
    width, height = size_of(corners, picture.shape)
    x, y = TRIM * width, TRIM * height
    there = np.array([[-x, -y], [width + x, -y], [width + x, height + y], [-x, height + y]], np.float32)
    way = cv2.getPerspectiveTransform(corners.astype(np.float32), there)
    return cv2.warpPerspective(picture, way, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def size_of(corners: Picture, shape: tuple[int, ...]) -> tuple[int, int]:
    """How wide and high the page becomes, in pixels: the sheet's own proportion, A4's where it is nearly that."""
    top, right, bottom, left = np.linalg.norm(np.roll(corners, -1, 0) - corners, axis=1)
    width, height = max(top, bottom), max(left, right)
    ratio = proportion(corners, shape) or (top + bottom) / (left + right)
    for usual in (A4, 1 / A4):
        if abs(ratio / usual - 1) < 0.06:
            ratio = usual
    if width / height < ratio:
        width = height * ratio
    else:
        height = width / ratio
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    return round(width * scale), round(height * scale)


def proportion(corners: Picture, shape: tuple[int, ...]) -> float:
    """Width to height of the sheet in the world, from how its sides run together, for a lens that looks through the
    middle of the photograph; 0 where they run too nearly parallel to tell. [Zhang and He, Whiteboard scanning, 2003]"""
    middle = np.array([shape[1] / 2, shape[0] / 2])
    m1, m2, m4, m3 = (np.append(corner - middle, 1.0) for corner in corners.astype(np.float64))
    k2 = np.cross(m1, m4) @ m3 / (np.cross(m2, m4) @ m3)
    k3 = np.cross(m1, m4) @ m2 / (np.cross(m3, m4) @ m2)
    n2, n3 = k2 * m2 - m1, k3 * m3 - m1
    if abs(n2[2] * n3[2]) < 1e-3:
        return 0.0
    focal = -(n2[0] * n3[0] + n2[1] * n3[1]) / (n2[2] * n3[2])
    side = max(shape[:2])
    if not (0.4 * side) ** 2 < focal < (6 * side) ** 2:
        return 0.0
    lens = np.array([1 / focal, 1 / focal, 1.0])
    return float(math.sqrt((n2 * n2 @ lens) / (n3 * n3 @ lens)))


def turn(page: Picture, degrees: float) -> Picture:
    """A page turned against the clock; what appears at the corners has the paper's colour."""
    height, width = page.shape[:2]
    way = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cosine, sine = abs(way[0, 0]), abs(way[0, 1])
    wide, high = round(width * cosine + height * sine), round(width * sine + height * cosine)
    way[:, 2] += (wide - width) / 2, (high - height) / 2
    paper = [float(level) for level in np.percentile(page.reshape(-1, 3)[::97], 80, axis=0)]
    return cv2.warpAffine(page, way, (wide, high), flags=cv2.INTER_CUBIC, borderValue=paper)
