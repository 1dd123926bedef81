"""What the pages say of a transcript: how far it is, what is wrong, the lines of its table, and where they stand."""

import math
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huizhen.kernel import clock
from huizhen.kernel.access import Actor
from huizhen.records.patients.naming import get_name_for
from huizhen.records.patients.rules import name_key
from huizhen.records.transcripts import queries
from huizhen.records.transcripts.layout import angle_of
from huizhen.records.transcripts.lines import Line
from huizhen.records.transcripts.rules import FLAGS, Item

PROBLEMS: dict[str, Promise] = {
    "died": gettext_lazy("The program that reads pictures was stopped three times. The document itself is safe."),
    "damaged": gettext_lazy("The picture could not be opened for reading. The document itself is safe."),
    "too_slow": gettext_lazy("Reading took too long and was given up. The document itself is safe."),
    "nothing": gettext_lazy("No table of results was found. A sharper, straight photograph may help."),
}
DOUBTS: dict[str, Promise] = {
    "unsure": gettext_lazy("hard to read"),
    "no_value": gettext_lazy("no result"),
    "flag_differs": gettext_lazy("mark and range disagree"),
    "range_unread": gettext_lazy("range in words"),
}
SIGNS: dict[str, Promise] = {
    "": gettext_lazy("none"),
    "high": gettext_lazy("high ↑"),
    "low": gettext_lazy("low ↓"),
    "abnormal": gettext_lazy("abnormal"),
}
SPARE = 2  # empty lines below the table


def state_of(document: Any, along: str) -> dict[str, str] | None:
    """The line on a document's page about its transcript, with `shown.along`; None where there is none to speak of."""
    transcript = queries.get_transcript(document.id)
    if transcript is None or document.kind not in queries.TABLES:
        return None
    href = reverse("transcript", args=[document.id]) + along
    soon = _("The results on this report are being read. You may go on; it takes about a minute.")
    said = {
        "waiting": ("clock", soon, ""),
        "reading": ("clock", soon, ""),
        "read": ("info", _("The results on this report were read by a machine. Nobody has checked them yet."),
                 _("Check the results")),
        "confirmed": ("check", _("The results on this report were read and checked."), _("See the results")),
        "failed": ("warning", str(PROBLEMS.get(transcript.problem, "")), _("See what can be done")),
    }  # fmt: skip
    icon, says, act = said[transcript.state]
    return {"icon": icon, "says": says, "act": act, "href": href if act else ""}


def lines_of(items: list[Item], *, spare: bool) -> list[dict[str, Any]]:
    """The lines of the table as the page shows them, with some empty ones to add what was missed."""
    rows = [
        {
            "n": number, "item": item, "box": item.box, "here": item.page,
            "doubts": ", ".join(str(DOUBTS[code]) for code in item.doubts if code in DOUBTS),
            "sign": SIGNS.get(item.flag, ""),
        }
        for number, item in enumerate(items)
    ]  # fmt: skip
    empty = range(len(rows), len(rows) + SPARE) if spare else ()
    return rows + [{"n": number, "item": Item("", ""), "doubts": "", "sign": ""} for number in empty]


def sheet_of(transcript: Any, page: int, items: list[Item]) -> dict[str, Any] | None:
    """The page as it was read: its size, how to set it straight, and where each line of the table stands."""
    pages = transcript.pages or []
    if not 0 < page <= len(pages):
        return None
    read = pages[page - 1]
    slope = angle_of([Line(**line) for line in read["lines"]])
    x, y = read["width"] / 2, read["height"] / 2
    # The picture is turned about its middle, the lines were turned about its corner.
    right_by = x - x * math.cos(slope) - y * math.sin(slope)
    down_by = y + x * math.sin(slope) - y * math.cos(slope)
    boxes = [
        {"n": number, "x": left + right_by, "y": top + down_by, "width": right - left, "height": bottom - top}
        for number, item in enumerate(items)
        for left, top, right, bottom in [item.box]
        if item.page == page and right > left
    ]
    return {
        "width": read["width"], "height": read["height"], "turned": read["turned"], "boxes": boxes,
        "straight": f"{-math.degrees(slope):.2f} {x:.0f} {y:.0f}",
    }  # fmt: skip


def warnings_of(transcript: Any, actor: Actor) -> list[str]:
    """What must not be overlooked: a report that seems to be somebody else's. Of the patient's name as much as the
    reader may know."""
    said = (transcript.facts or {}).get("name", "")
    patient = transcript.document.patient
    if said and name_key(said) != name_key(patient.name):
        return [_("The report names %(said)s, and this is the record of %(name)s. Is it the right person's report?")
                % {"said": said, "name": get_name_for(actor, patient, at=clock.now())}]  # fmt: skip
    return []


def read_items(post: Any, before: list[Item]) -> list[Item]:
    """The table as it was sent: lines that were there keep their place on the page; wholly empty ones are left out."""
    found = []
    for number in range(len(before) + SPARE):
        told = {
            field: post.get(f"{field}-{number}", "").strip() for field in ("name", "value", "unit", "range", "flag")
        }
        if not (told["name"] or told["value"]):
            continue
        old = before[number] if number < len(before) else Item("", "")
        flag = told["flag"] if told["flag"] in FLAGS else "unknown"
        found.append(Item(told["name"], told["value"], told["unit"], told["range"], flag, old.page, old.box, old.sure))
    return found
