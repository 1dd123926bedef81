"""Which side of the patient lies at which edge of the image."""

from collections.abc import Sequence
from dataclasses import dataclass

# The axes of DICOM: x to the patient's left, y to the back, z to the head [PS3.3 C.7.6.2.1.1].
AXES = (("L", "R"), ("P", "A"), ("H", "F"))
OPPOSITE = str.maketrans("LRPAHF", "RLAPFH")
LEAST = 0.1  # a direction weaker than this is not worth a letter


@dataclass(frozen=True)
class Edges:
    """The letters at the edges, the strongest direction first: `R`, or `RA` for an oblique image."""

    left: str
    right: str
    top: str
    bottom: str


def letters(direction: Sequence[float]) -> str:
    """A direction in the patient as letters, at most two, strongest first."""
    weights = sorted(((abs(value), axis) for axis, value in enumerate(direction)), key=lambda pair: (-pair[0], pair[1]))
    return "".join(AXES[axis][0 if direction[axis] > 0 else 1] for size, axis in weights[:2] if size > LEAST)


def edges(cosines: Sequence[float]) -> Edges | None:
    """The edge letters from the six direction cosines (along a row, then along a column); None when unusable."""
    if len(cosines) != 6:
        return None
    right, bottom = letters(cosines[:3]), letters(cosines[3:])
    if not right or not bottom:
        return None
    return Edges(right.translate(OPPOSITE), right, bottom.translate(OPPOSITE), bottom)
