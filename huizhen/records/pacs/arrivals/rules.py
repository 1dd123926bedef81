"""What is said about studies that no patient was found for, and which numbers a device is answered with. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huizhen.records.imaging.facts import Header

DOUBTS: dict[str, Promise] = {
    "no_number": _("The images carry no patient number."),
    "nobody": _("No patient of this hospital is known by this number."),
    "several": _("The numbers in the images point to different patients."),
    "differs": _("The number is known, but name, birth date or sex in the images are somebody else's."),
}
DIFFERS = frozenset({"name_differs", "birth_differs", "sex_differs"})

# Statuses of C-STORE [PS3.4 B.2.3]: what a device shows its operator beside its own words.
SUCCESS, NO_ROOM, MISMATCH, BROKEN, CONFLICT = 0x0000, 0xA700, 0xA900, 0xC000, 0xC111
COMMENTS = {
    "storage": "out of room, nothing lost, send again later",
    "conflict": "other content under a known SOP instance UID",
    "mismatch": "dataset is not the announced SOP instance",
    "not_dicom": "not a DICOM object",
    "truncated": "object is cut off",
    "damaged": "object cannot be read",
    "no_pixels": "object holds no image",
    "unsupported_syntax": "transfer syntax cannot be shown",
    "missing_uid": "study, series or instance UID missing",
    "too_large": "object is too large",
}


class Turned(Exception):
    """An object was not kept; the argument is the code of the reason, one of `COMMENTS`."""

    @property
    def code(self) -> str:
        """The reason."""
        return str(self.args[0])


@dataclass(frozen=True)
class Facts:
    """What the first image of a study says about the person and the examination; empty where it says nothing."""

    name: str
    number: str
    accession: str
    birth_on: str
    sex: str
    modality: str
    description: str
    taken_on: str

    @classmethod
    def of(cls, header: Header) -> Self:
        """From a header."""
        return cls(
            header.patient_name, header.patient_number, header.accession, iso(header.birth_on), header.sex,
            header.modality, header.study_description, iso(header.study_on),
        )  # fmt: skip

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """From the sealed column."""
        return cls(**stored)


def iso(day: date | None) -> str:
    """A day as text."""
    return day.isoformat() if day else ""


def day_in(text: str) -> date | None:
    """A text as a day."""
    return date.fromisoformat(text) if text else None


def says_who(header: Header) -> bool:
    """Whether an image says enough about its person to be held against a record: a number alone may be mistyped."""
    return bool(header.patient_name.strip("^ ")) or header.birth_on is not None


def status_of(code: str) -> int:
    """The status that answers a refusal."""
    return {"storage": NO_ROOM, "conflict": CONFLICT, "mismatch": MISMATCH}.get(code, BROKEN)
