"""What codes of instruments are called, and how a message's bytes are shown."""

import re
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from huizhen.lab.instruments import queries
from huizhen.people.organisations.queries import get_names

PROBLEMS = {
    "not_hl7": _("This is no HL7 message."),
    "not_astm": _("This is no ASTM message."),
    "not_a_table": _("This is no table that can be opened."),
    "no_headings": _("The headings that the profile names were not found."),
    "no_results": _("It holds no results."),
    "no_specimen": _("A result names no specimen. It goes to nobody until somebody has looked."),
    "several_specimens": _("One group names several specimens, so its results go to nobody."),
    "no_test": _("A result names no test."),
    "unknown_kind": _("It does not say clearly whether it is a patient's, so it was taken as a control."),
    "unknown_status": _("A result has a status we do not know, so it was taken as preliminary."),
    "unknown_charset": _("The letters could not be told; some may be wrong."),
    "missing_vt": _("The first byte of the frame was missing."),
    "missing_fs": _("The last byte of the frame never came."),
    "too_long": _("It is longer than we take; only the beginning is here."),
    "cut_off": _("The line broke off in the middle. The instrument begins anew by itself."),
    "no_terminator": _("The closing record is missing."),
    "no_header": _("The opening record is missing."),
    "nothing_there": _("The instrument says that it has nothing of what it was asked for."),
    "orders_refused": _("The instrument did not take orders that it was sent."),
    "not_cancelled": _("The instrument cannot call off what it was ordered; it may still measure it."),
    "half": _("The file never became whole."),
    "too_large": _("The file is larger than we take and stays where it is; only its name, size and digest are here."),
}
REFUSALS = {
    ("address", "known_by_nothing"): _("Give an address, a port of its own, or what it calls itself."),
    ("address", "taken"): _("Another instrument is known by exactly this."),
    ("name", "taken"): _("Another instrument here has this name."),
    ("profile", "unknown"): _("There is no such profile."),
    ("text", "bad"): _("This cannot be read: %(detail)s"),
    ("text", "other_name"): _("The name must stay the same."),
    ("seen", "other"): _(
        "This is not what was shown before, or messages have come that would be read otherwise in "
        "another way. Look at what would change now, and press again."
    ),
    ("text", "old_version"): _("The version must be %(detail)s, the next one."),
}
STATUS = {
    "final": _("Final"),
    "preliminary": _("Preliminary"),
    "corrected": _("Corrected"),
    "failed": _("Failed"),
}
KIND = {"patient": _("Patient"), "control": _("Control"), "calibration": _("Calibration")}
# The two profiles that stand for no make carry an English name in their files.
TITLES = {
    "HL7 2.x, as the standard has it": _("HL7 2.x, as the standard has it"),
    "ASTM E1394, as the standard has it": _("ASTM E1394, as the standard has it"),
}
LONGEST_LINE, MOST_LINES = 240, 400
MARKS = {"\x02": "␂", "\x03": "␃", "\x1e": "␞", "\x1d": "␝", "\x0b": "␋", "\x1c": "␜", "\x00": "␀", "\t": "\t"}


def problem(code: str) -> Any:
    """The sentence of a problem's code; the code itself where it has none yet."""
    return PROBLEMS.get(code, code)


def title(written: str) -> str:
    """A profile's title in the reader's language, where it has one; else as its file has it: a make and its models."""
    return str(TITLES.get(written, written))


def whose(profile: Any) -> str:
    """Whose version a profile is; nothing where it comes with the product, or there is none."""
    owner = profile.owner if profile else None
    return get_names([owner]).get(owner, "") if owner else ""


def origin(profile: Any) -> str:
    """Where the version in use comes from that the reader cannot change, and what becomes of theirs."""
    if not profile.owner:
        return gettext("This profile comes with the product and is the same for everybody. What you put into use is a "
                       "version of your own.")  # fmt: skip
    return gettext("This version belongs to %(place)s. What you put into use is a version of your own, and holds "
                   "instead.") % {"place": whose(profile)}  # fmt: skip


def holds_for(place: str, count: int) -> str:
    """An organisation that a version can belong to, and how many instruments it would hold for."""
    text = ngettext("%(place)s (%(count)s instrument)", "%(place)s (%(count)s instruments)", count)
    return text % {"place": place, "count": count}


def refusal(field: str, code: str, detail: str) -> Any:
    """The sentence of a refusal."""
    return REFUSALS[field, code] % {"detail": _place(detail)} if detail else REFUSALS[field, code]


def _place(detail: str) -> Any:
    """What the reader of TOML says, as far as it names a place; else as it is."""
    found = re.search(r"\(at line ([0-9]+), column ([0-9]+)\)", detail)
    return gettext("line %(line)s, column %(column)s") % {"line": found[1], "column": found[2]} if found else detail


def visible(payload: bytes) -> list[str]:
    """A message's lines for a person: controls as signs, pictures cut short. At most 400 lines of 240 letters."""
    text = queries.text_of(payload)
    lines = [
        re.sub(r"[\x00-\x1f\x7f]", lambda one: MARKS.get(one[0], "·"), line) for line in re.split(r"\r\n|\r|\n", text)
    ]
    shown = [line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}… ({len(line)})" for line in lines if line]
    return shown[:MOST_LINES]


def reading_row(reading: Any) -> dict[str, Any]:
    """A reading as a row of a table."""
    return {
        "specimen": reading.specimen, "test": reading.test, "name": reading.name, "value": reading.value,
        "unit": reading.unit, "flags": " ".join(reading.flags), "status": STATUS[reading.status.value],
        "kind": KIND[reading.kind.value], "is_patient": reading.kind.value == "patient", "reason": reading.reason,
        "failed": reading.status.value == "failed", "measured_at": reading.measured_at,
    }  # fmt: skip
