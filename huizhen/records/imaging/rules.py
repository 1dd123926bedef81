"""What is said about files that were not kept, and about studies that do not fit the patient. Pure."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from statistics import median

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huizhen.records.imaging.facts import Header
from huizhen.records.patients.rules import name_key

PROBLEMS: dict[str, Promise] = {
    "not_dicom": _("This is not a DICOM file."),
    "truncated": _("The file is cut off; part of the image is missing. Export it again."),
    "damaged": _("The file cannot be read; export it again."),
    "no_pixels": _("The file holds no image (for example a report or a plan)."),
    "unsupported_syntax": _("The image is compressed in a way we cannot show; export it uncompressed."),
    "missing_uid": _("The file does not say which examination it belongs to."),
    "duplicate": _("The same image is twice in this upload."),
    "conflict": _("Another image with the same number is already there; the first one was kept."),
    "other_patient": _("This examination belongs to another patient's record."),
    "too_large": _("The image is larger than we can show."),
    "bomb": _("The zip unpacks to far more than it should; it was not opened."),
    "unsafe_name": _("The file's name points outside the zip; it was not opened."),
    "locked": _("The zip is protected with a password; pack it without one."),
    "mismatch": _("The device announced another image than it sent."),
    "gone": _("The upload is not there any more; upload it again."),
}
WARNINGS: dict[str, Promise] = {
    "name_differs": _("Another name stands in the images."),
    "birth_differs": _("Another birth date stands in the images."),
    "sex_differs": _("Another sex stands in the images."),
    "burned_in": _("Names are burnt into the images."),
    "maybe_burned_in": _("Names may be burnt into the images; this kind of machine often writes them there."),
}
TROUBLES: dict[str, Promise] = {
    "storage": _("The store takes nothing at the moment, it may be full. Nothing is lost; it goes on by itself."),
}
SPARE = 1.5  # a step this much wider than the usual one is a hole


def compare(header: Header, *, name: str, birth_on: date, sex: str) -> list[str]:
    """Codes of what differs between an image's header and our patient; what the header leaves out differs not.

    DICOM writes names as family^given, and groups of alphabet, ideographs and phonetics with `=` between [PS3.5
    6.2.1]; any group that fits will do. A header in pinyin cannot be held against a name in characters.
    """
    found = []
    if header.patient_name and not name_fits(header.patient_name, name):
        found.append("name_differs")
    if header.birth_on and header.birth_on != birth_on:
        found.append("birth_differs")
    if {header.sex, sex} == {"male", "female"}:
        found.append("sex_differs")
    if header.burned_in:
        found.append("burned_in" if header.burned_in == "yes" else "maybe_burned_in")
    return found


def count_missing(positions: Sequence[float], numbers: Sequence[int]) -> int:
    """How many images of a stack seem to be missing: holes between even steps, else holes in the numbers.

    `positions` in mm along the normal, `numbers` as the machine counted; each without those that have none. Stacks
    that were not taken in even steps, or in which places repeat (phases, echoes), are left alone.
    """
    places = sorted(positions)
    steps = [b - a for a, b in pairwise(places)]
    if len(steps) >= 4 and steps[0] > 0 and min(steps) > 0:
        usual = median(steps)
        odd = [step for step in steps if abs(step - usual) > 0.1 * usual]
        if len(odd) <= max(1, len(steps) // 10):
            return sum(round(step / usual) - 1 for step in odd if step > SPARE * usual)
        return 0
    counted = sorted(set(numbers))
    if len(counted) >= 4 and len(counted) == len(numbers) and counted[-1] - counted[0] < 2 * len(counted):
        return counted[-1] - counted[0] + 1 - len(counted)
    return 0


def name_fits(written: str, name: str) -> bool:
    """Whether a DICOM person name can be this person's. Latin against ideographs: nothing is known, so it fits."""
    groups = [name_key(group.replace("^", "")) for group in written.split("=") if group.strip("^ ")]
    ours = name_key(name)
    comparable = [group for group in groups if group.isascii() == ours.isascii()]
    return not comparable or any(sorted(group) == sorted(ours) for group in comparable)
