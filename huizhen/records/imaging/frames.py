"""One frame of a DICOM file as a picture: decoded, windowed, scaled, written as PNG or WebP."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array
from pydicom.tag import Tag

from huizhen.records.imaging.drawing import draw
from huizhen.records.imaging.facts import FORMS, LARGEST, PRESETS, SMALLEST, BadImage, Drawn, Window
from huizhen.records.imaging.headers import BROKEN
from huizhen.records.imaging.orientation import Edges, edges
from huizhen.records.imaging.windows import apply_window, full_range, invert, to_eight_bits

WANTED: list[int] = [
    Tag(name)
    for name in (
        "ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing", "ImagerPixelSpacing",
        "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    )
]  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """Decoded pixels, (rows, columns) or (rows, columns, 3), with the header they need to be shown."""

    pixels: NDArray
    header: Dataset
    index: int


@dataclass(frozen=True)
class Picture:
    """A picture for a browser. `window` is what was used, None for colour; `edges` where the patient's sides are."""

    data: bytes
    media_type: str
    width: int
    height: int
    window: Window | None
    edges: Edges | None


def read_frame(file: BinaryIO, index: int) -> Frame:
    """Decode frame `index` (from 0) of a file; only that frame is read and decoded.

    Raises:
        BadImage: `damaged`: the pixels cannot be decoded; `no_frame`: there is no such frame.
    """
    file.seek(0)
    header = Dataset()
    try:
        pixels = pixel_array(file, index=index, ds_out=header, specific_tags=WANTED)
    except BROKEN as error:
        frames = int(header.get("NumberOfFrames") or 1)
        raise BadImage("no_frame" if index >= frames else "damaged") from error
    return Frame(pixels, header, index)


def functional(frame: Frame, group: str) -> Dataset:
    """The header values of one frame: an enhanced object keeps them per frame or shared [PS3.3 C.7.6.16]."""
    per_frame = frame.header.get("PerFrameFunctionalGroupsSequence") or []
    shared = frame.header.get("SharedFunctionalGroupsSequence") or []
    for holder in [*per_frame[frame.index : frame.index + 1], *shared[:1]]:
        if holder.get(group):
            return holder[group].value[0]
    return frame.header


def values(frame: Frame) -> NDArray:
    """Pixels in the units of the modality: Hounsfield for CT."""
    return apply_modality_lut(frame.pixels, functional(frame, "PixelValueTransformationSequence"))


def header_window(frame: Frame) -> Window | None:
    """The first window the file itself proposes."""
    source = functional(frame, "FrameVOILUTSequence")
    center, width = source.get("WindowCenter"), source.get("WindowWidth")
    first = [value[0] if isinstance(value, list | tuple) or hasattr(value, "append") else value
             for value in (center, width)]  # fmt: skip
    if first[0] is None or first[1] is None or float(first[1]) <= 0:
        return None
    return Window(float(first[0]), float(first[1]))


def grey(frame: Frame, window: Window | None) -> tuple[NDArray[np.uint8], Window]:
    """Grey pixels 0…255 and the window that was used: the one asked for, the file's, or the full range."""
    shown = values(frame)
    if window is None and frame.header.get("VOILUTSequence"):
        shown = apply_voi_lut(shown, frame.header, prefer_lut=True)
        used = full_range(shown)
    else:
        padding = frame.header.get("PixelPaddingValue")
        used = window or header_window(frame) or full_range(frame_counted(frame, shown, padding))
    result = apply_window(shown, used)
    return (invert(result) if frame.header.get("PhotometricInterpretation") == "MONOCHROME1" else result), used


def frame_counted(frame: Frame, shown: NDArray, padding: int | None) -> NDArray:
    """The values that count for the full range: those whose stored pixel is not padding."""
    if padding is None:
        return shown
    counted = shown[frame.pixels != padding]
    return counted if counted.size else shown


def colour(frame: Frame) -> NDArray[np.uint8] | None:
    """RGB pixels of a colour image, also of a palette one; None for a grey image."""
    photometric = frame.header.get("PhotometricInterpretation", "")
    if photometric == "PALETTE COLOR":
        looked_up = apply_color_lut(frame.pixels, frame.header)
        return to_eight_bits(looked_up, looked_up.dtype.itemsize * 8)[..., :3]
    if frame.pixels.ndim == 3:
        return to_eight_bits(frame.pixels, int(frame.header.get("BitsStored") or 8))
    return None


def render(
    frame: Frame,
    *,
    window: Window | None = None,
    size: int | None = None,
    form: str = "png",
    drawn: Sequence[Drawn] = (),
) -> Picture:
    """Turn a frame into a picture, with the measurements `drawn` on it; a small one is then enlarged for their sake.

    `size`: pixels of the longer side, never enlarged. `form`: `png` or `webp`, both without loss at full size;
    a smaller WebP is lossy.

    Raises:
        BadImage: `damaged`: the values cannot be shown.
    """
    try:
        picture = colour(frame)
        used = None
        if picture is None:
            picture, used = grey(frame, window)
        image = Image.fromarray(np.ascontiguousarray(picture))
    except BROKEN as error:
        raise BadImage("damaged") from error
    if drawn:
        image = draw(image, drawn)
    if size:
        edge = min(max(size, SMALLEST), LARGEST)
        image.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    cosines = functional(frame, "PlaneOrientationSequence").get("ImageOrientationPatient") or ()
    return Picture(write(image, form, lossless=not size), FORMS[form], *image.size, used, edges([*map(float, cosines)]))


def write(image: Image.Image, form: str, *, lossless: bool) -> bytes:
    """The bytes of a picture; quick compression, a reader scrolls."""
    buffer = io.BytesIO()
    if form == "webp":
        image.save(buffer, "WEBP", lossless=lossless, quality=80 if not lossless else 0, method=0)
    else:
        image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def preset(name: str) -> Window | None:
    """A preset by name; None for `auto`, the file's own. Raises KeyError for an unknown name."""
    return None if name == "auto" else PRESETS[name]
