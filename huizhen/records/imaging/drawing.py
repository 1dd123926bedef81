"""Measurements drawn on a picture, at exactly the places of the image they were drawn at in the browser."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from huizhen.records.imaging.facts import Drawn

LEGIBLE = 512  # pixels of the longer side; a smaller picture is enlarged, so that lines and letters fit on it
INK, SHADE = (255, 214, 64), (0, 0, 0)
ARM = 5  # half the length of the cross at a point, in units of the line's width


def draw(image: Image.Image, drawn: Sequence[Drawn]) -> Image.Image:
    """A picture in colour with the measurements on it, enlarged by a whole number where it is small."""
    times = max(1, math.ceil(LEGIBLE / max(image.size)))
    sheet = image.convert("RGB").resize((image.width * times, image.height * times), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(sheet)
    width = max(2, round(max(sheet.size) / 400))
    for one in drawn:
        # The corner of a pixel is a whole number in the image; Pillow names pixels by their middle.
        points = [(column * times - 0.5, row * times - 0.5) for column, row in one.points]
        for ink, broad in ((SHADE, width + 2), (INK, width)):
            outline(pen, one.kind, points, ink, broad)
        write(pen, sheet.size, points, one.lines, width)
    return sheet


def outline(pen: Any, kind: str, points: list[tuple[float, float]], ink: tuple[int, int, int], width: int) -> None:
    """The lines of one measurement."""
    if kind == "ellipse":
        pen.line(round_of(points), fill=ink, width=width, joint="curve")
        return
    if kind == "value":
        [(x, y)] = points
        arm = ARM * width
        pen.line([(x - arm, y), (x + arm, y)], fill=ink, width=width)
        pen.line([(x, y - arm), (x, y + arm)], fill=ink, width=width)
        return
    pen.line(points, fill=ink, width=width)
    for x, y in points:
        pen.ellipse((x - width, y - width, x + width, y + width), fill=ink)


def round_of(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """An ellipse between two ends and two sides, as a line of many corners: it may lie aslant."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points
    x, y = (ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4
    turns = [step * math.tau / 90 for step in range(91)]
    return [
        (x + math.cos(t) * (bx - ax) / 2 + math.sin(t) * (dx - cx) / 2,
         y + math.cos(t) * (by - ay) / 2 + math.sin(t) * (dy - cy) / 2)
        for t in turns
    ]  # fmt: skip


def write(pen: Any, size: tuple[int, int], points: list[tuple[float, float]], lines: Sequence[str], width: int) -> None:
    """What it measures, to the right of its rightmost point, and never beyond the picture."""
    text, font = "\n".join(lines), letters(width * 10)
    _left, top, right, bottom = pen.multiline_textbbox((0, 0), text, font=font, stroke_width=width)
    x, y = max(points)
    place = x + (ARM + 2) * width, y - (bottom - top) / 2
    x = min(max(place[0], 0.0), size[0] - right)
    y = min(max(place[1], 0.0), size[1] - bottom)
    pen.multiline_text((x, y), text, font=font, fill=INK, stroke_width=width, stroke_fill=SHADE)


@cache
def letters(size: int) -> Any:
    """The letters that come with Pillow: figures and units need no others."""
    return ImageFont.load_default(size)
