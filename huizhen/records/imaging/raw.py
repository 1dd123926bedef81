"""One frame as numbers: what a viewer in the browser needs to window and measure by itself, without the patient.

Layout: four bytes, little endian, the length of a JSON description; the description, padded with blanks to a multiple
of eight; the pixels, row by row. Grey values come in the units of the modality (Hounsfield for CT).
"""

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from huizhen.records.imaging.frames import Frame, colour, functional, header_window, values
from huizhen.records.imaging.headers import BROKEN, BadImage
from huizhen.records.imaging.windows import full_range

ALIGNED = 8


def encode(frame: Frame) -> bytes:
    """A frame with what it takes to show it: rows, columns, kind of numbers, spacing, place, window.

    Raises:
        BadImage: `damaged`: the values cannot be shown.
    """
    try:
        painted = colour(frame)
        pixels = painted if painted is not None else whole(values(frame))
        about = describe(frame, pixels, painted is None)
    except BROKEN as error:
        raise BadImage("damaged") from error
    text = json.dumps(about, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 4) % ALIGNED)
    return struct.pack("<I", len(text)) + text + np.ascontiguousarray(pixels).tobytes()


def whole(shown: NDArray) -> NDArray:
    """Grey values as 16-bit numbers where nothing is lost by it, else as 32-bit floats."""
    if shown.dtype.kind == "f" and not np.all(np.mod(shown, 1) == 0):
        return shown.astype("<f4")
    low, high = float(shown.min()), float(shown.max())
    for kind in ("<i2", "<u2"):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return shown.astype(kind)
    return shown.astype("<f4")


def describe(frame: Frame, pixels: NDArray, grey: bool) -> dict[str, Any]:
    """The description; lengths in mm, None where the file does not say."""
    window = (header_window(frame) or full_range(pixels)) if grey else None
    plane, place = functional(frame, "PlaneOrientationSequence"), functional(frame, "PlanePositionSequence")
    return {
        "rows": int(pixels.shape[0]),
        "columns": int(pixels.shape[1]),
        "kind": {"i2": "int16", "u2": "uint16", "f4": "float32"}.get(pixels.dtype.str[1:], "rgb"),
        "low": float(pixels.min()),
        "high": float(pixels.max()),
        "invert": grey and frame.header.get("PhotometricInterpretation") == "MONOCHROME1",
        "window": [window.center, window.width] if window else None,
        "spacing": spacing_of(frame),
        "cosines": numbers(plane.get("ImageOrientationPatient"), 6),
        "place": numbers(place.get("ImagePositionPatient"), 3),
    }


def spacing_of(frame: Frame) -> list[float] | None:
    """Mm from row to row and from column to column; None where the file does not say."""
    measures = functional(frame, "PixelMeasuresSequence")
    return numbers(measures.get("PixelSpacing") or frame.header.get("ImagerPixelSpacing"), 2)


def numbers(given: Any, count: int) -> list[float] | None:
    """So many finite numbers, or None."""
    try:
        found = [float(one) for one in given]
    except (TypeError, ValueError):
        return None
    return found if len(found) == count and all(np.isfinite(found)) else None
