"""What a measurement measures. Pure functions over points and pixels.

A point is (column, row) in the image's own coordinates: (0, 0) is the outer corner of the first pixel, and its middle
(0.5, 0.5), as in DICOM's structured reports [PS3.3 C.18.6.1.2].
"""

import math
from collections.abc import Sequence
from typing import Any

from huizhen.kernel.late import Late
from huizhen.records.refused import Refused

np: Any = Late("numpy")

Point = tuple[float, float]
Pixels = Any  # an array of numpy, which only who measures an area needs
POINTS = {"length": 2, "angle": 3, "value": 1, "ellipse": 4}
LEAST = 0.05  # pixels; what is shorter was a click
MM2_IN_CM2 = 100


def read_points(given: Any, kind: str, columns: int, rows: int) -> list[Point]:
    """The points of a measurement as a browser sent them, to a hundredth of a pixel.

    A line may begin beside the picture, by its own size at most; a value is read inside it.

    Raises:
        Refused: `measure`: not this kind's number of points, no numbers, too far away, or all in one place.
    """
    if not isinstance(given, list) or len(given) != POINTS.get(kind):
        raise Refused({"measure": "bad_measure"})
    try:
        points = [(round(float(column), 2), round(float(row), 2)) for column, row in given]
    except (TypeError, ValueError, OverflowError) as error:
        raise Refused({"measure": "bad_measure"}) from error
    around = 0 if kind == "value" else 1
    for column, row in points:
        inside = -around * columns <= column < (1 + around) * columns and -around * rows <= row < (1 + around) * rows
        if not inside:
            raise Refused({"measure": "bad_measure"})
    far = max(math.dist(points[0], one) for one in points)
    if kind != "value" and far < LEAST:
        raise Refused({"measure": "bad_measure"})
    return points


def figures_of(
    kind: str, points: Sequence[Point], spacing: Sequence[float] | None, pixels: Pixels | None, unit: str
) -> dict[str, Any]:
    """What the points measure: `value` with its `unit`; of an area the mean, with `spread` and `area`.

    `spacing`: mm from row to row and from column to column, None where the file does not say: then lengths are in
    pixels. `pixels`: values in the units of the modality, `unit` is theirs; None for a colour image.

    Raises:
        Refused: `measure`: a colour image has no values.
    """
    down, along = spacing or (1.0, 1.0)
    places = [(column * along, row * down) for column, row in points]
    if kind == "length":
        return {"value": round(math.dist(*places), 2), "unit": "mm" if spacing else "px"}
    if kind == "angle":
        return {"value": round(angle(*places), 2), "unit": "°"}
    if pixels is None:
        raise Refused({"measure": "no_value"})
    if kind == "value":
        column, row = (math.floor(one) for one in points[0])
        return {"value": round(float(pixels[row, column]), 2), "unit": unit}
    inside = pixels[within(points, *pixels.shape[:2])]
    if not inside.size:
        raise Refused({"measure": "bad_measure"})
    area = math.pi * math.dist(*places[:2]) * math.dist(*places[2:]) / 4
    return {
        "value": round(float(inside.mean()), 1), "spread": round(float(inside.std()), 1), "unit": unit,
        "area": round(area, 2), "area_unit": "mm²" if spacing else "px²",
    }  # fmt: skip


def angle(one: Point, corner: Point, other: Point) -> float:
    """Degrees between two arms, 0…180."""
    first, second = ((end[0] - corner[0], end[1] - corner[1]) for end in (one, other))
    across, along = first[0] * second[1] - first[1] * second[0], first[0] * second[0] + first[1] * second[1]
    return abs(math.degrees(math.atan2(across, along)))


def within(points: Sequence[Point], rows: int, columns: int) -> Pixels:
    """The pixels whose middle lies in the ellipse between two ends (0, 1) and two sides (2, 3)."""
    ends = np.asarray(points, float)
    middle = ends.mean(axis=0)
    arms = (ends[1] - ends[0]) / 2, (ends[3] - ends[2]) / 2
    row, column = np.ogrid[0.5 : rows + 0.5, 0.5 : columns + 0.5]
    far = sum(
        ((column - middle[0]) * x + (row - middle[1]) * y) ** 2 / max((x * x + y * y) ** 2, 1e-12) for x, y in arms
    )
    return np.asarray(far <= 1)


def lines_of(figures: dict[str, Any]) -> list[str]:
    """What stands beside the drawing, the same on the screen and on paper."""
    value, unit = figures["value"], figures["unit"]
    if "area" in figures:
        area, square = figures["area"], figures["area_unit"]
        if square == "mm²" and area >= MM2_IN_CM2:
            area, square = area / MM2_IN_CM2, "cm²"
        return [f"{round(value)} ± {round(figures['spread'])} {unit}".rstrip(), f"{area:.2f} {square}"]
    if unit == "°":
        return [f"{value:.1f}°"]
    if unit in ("mm", "px"):
        return [f"{value:.1f} {unit}"]
    return [f"{round(value)} {unit}".rstrip()]
