"""What is known of an image without opening it, and why one is refused: all that most of the program needs of a DICOM
file. The parser itself takes half a second to load, so `headers` and `frames` are loaded when a file is looked into.
"""

import re
from dataclasses import dataclass
from datetime import date

UID_FORM = re.compile(r"[0-9]+(\.[0-9]+)+")
FORMS = {"png": "image/png", "webp": "image/webp"}
SMALLEST, LARGEST = 16, 4096  # pixels of the longer side that may be asked for


class BadImage(Exception):
    """The file cannot be kept as an image; the argument is the code of the reason."""


@dataclass(frozen=True)
class Header:
    """What we keep of a DICOM header. Empty text and None where the file says nothing.

    `position`: place of the image along its own normal, in mm; sorts the slices of a stack. `burned_in`: `yes`,
    `maybe` or empty: whether names may stand in the pixels themselves.
    """

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class: str
    syntax: str
    modality: str
    study_on: date | None
    study_description: str
    series_description: str
    series_number: int | None
    body_part: str
    instance_number: int | None
    position: float | None
    rows: int
    columns: int
    frames: int
    burned_in: str
    patient_name: str
    patient_number: str
    birth_on: date | None
    sex: str
    accession: str = ""


@dataclass(frozen=True)
class Window:
    """The part of the values that is shown: `center` and `width` in the units of the image (Hounsfield for CT)."""

    center: float
    width: float


# Named for what is looked at; the usual values of chest and head CT reading.
PRESETS = {
    "lung": Window(-600, 1500),
    "mediastinum": Window(40, 400),
    "bone": Window(300, 1500),
    "brain": Window(40, 80),
}


@dataclass(frozen=True)
class Drawn:
    """A measurement on its way onto a picture: `points` (column, row) in the image's own coordinates, where (0, 0) is
    the outer corner of the first pixel; `lines` stand beside it. `kind`: length, angle, value, ellipse."""

    kind: str
    points: list[list[float]]
    lines: list[str]
