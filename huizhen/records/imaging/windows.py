"""Grey values: from stored numbers to what the eye sees. Pure functions over arrays."""

import numpy as np
from numpy.typing import NDArray

from huizhen.records.imaging.facts import Window


def apply_window(values: NDArray, window: Window) -> NDArray[np.uint8]:
    """Map values to 0…255 by the linear function of DICOM [PS3.3 C.11.2.1.2.1]; a width below 1 is a threshold."""
    width = max(float(window.width), 1.0)
    place = values.astype(np.float32) - (window.center - 0.5)
    if width == 1.0:
        return np.where(place > 0, 255, 0).astype(np.uint8)
    return np.clip((place / (width - 1) + 0.5) * 255 + 0.5, 0, 255).astype(np.uint8)


def full_range(values: NDArray, padding: float | None = None) -> Window:
    """The window that shows everything; pixels of the padding value outside the scanned circle do not count."""
    counted = values if padding is None else values[values != padding]
    if counted.size == 0:
        counted = values
    low, high = float(counted.min()), float(counted.max())
    return Window((low + high + 1) / 2, high - low + 1)


def invert(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """MONOCHROME1: the smallest value is white."""
    return np.uint8(255) - grey


def to_eight_bits(colour: NDArray, bits: int) -> NDArray[np.uint8]:
    """Colour samples of `bits` bits as 8 bits."""
    if bits <= 8:
        return colour.astype(np.uint8)
    return (colour.astype(np.uint32) >> (bits - 8)).clip(0, 255).astype(np.uint8)
