"""A piece of text where a machine found it."""

from collections.abc import Sequence
from dataclasses import dataclass

Corners = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Line:
    """A piece of text as the machine found it: corners from the upper left, clockwise, in pixels; `sure` 0 to 1."""

    text: str
    sure: float
    corners: Corners
