"""The part of the statistics that lies after the report: ratings, and what became of the advice."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from huizhen.board.exports.workbook import Sheet
from huizhen.board.overview.queries import Figures
from huizhen.consult.joint.aftercare.queries import COURSES, FOLLOWED


def rated(found: Figures) -> list[dict[str, Any]]:
    """A line for applicants and one for patients."""
    return [
        {"who": _side(one.by_patient), "times": one.times, "low": one.low, "low_percent": _percent(one.low, one.times),
         "speed": f"{one.speed:.1f}", "clarity": f"{one.clarity:.1f}", "use": f"{one.use:.1f}"}
        for one in found.ratings
    ]  # fmt: skip


def rated_places(found: Figures, names: dict[UUID, str]) -> list[dict[str, Any]]:
    """A line for each hospital that asked, the most rated first."""
    return [
        {"name": names.get(one.place, ""), "times": one.times, "average": f"{one.average:.1f}", "low": one.low,
         "low_percent": _percent(one.low, one.times)}
        for one in found.rated_places
    ]  # fmt: skip


def advice(found: Figures) -> list[tuple[str, list[tuple[str, int]]]]:
    """Each question with its answers as one reads them, and their counts."""
    asked = {"answered": pgettext("follow-up", "Answered"), "silent": _("Asked, not answered yet"),
             "not_yet": pgettext("follow-up", "Not asked yet")}  # fmt: skip
    held = {"yes": pgettext("diagnosis", "It held"), "no": pgettext("diagnosis", "It did not hold"),
            "unknown": _("Not known")}  # fmt: skip
    questions: dict[str, tuple[str, Mapping[str, Any]]] = {
        "asked": (_("Follow-ups"), asked),
        "followed": (_("Whether the advice was followed"), dict(FOLLOWED)),
        "course": (_("How the patients are since"), dict(COURSES)),
        "held": (_("Whether the diagnosis held"), held),
    }
    return [
        (title, [(str(says[answer]), times) for answer, times in found.advice[what]])
        for what, (title, says) in questions.items()
    ]


def sheets(found: Figures, names: dict[UUID, str]) -> list[Sheet]:
    """The same as sheets of the workbook."""
    low = _("With a mark of 1 or 2")
    return [
        Sheet(_("Ratings"), [_("By whom"), _("Ratings"), _("Speed"), _("Clarity"), _("Use"), low],
              [(_side(one.by_patient), one.times, round(one.speed, 2), round(one.clarity, 2), round(one.use, 2),
                one.low) for one in found.ratings]),
        Sheet(_("Ratings by hospital"), [_("Hospital"), _("Ratings"), _("Average mark"), low],
              [(names.get(one.place, ""), one.times, round(one.average, 2), one.low) for one in found.rated_places]),
        Sheet(_("What became of the advice"), [_("Question"), _("Answer"), _("Consultations")],
              [(title, answer, times) for title, rows in advice(found) for answer, times in rows]),
    ]  # fmt: skip


def _side(by_patient: bool) -> str:
    return _("Patients and families") if by_patient else _("Applicants")


def _percent(part: int, of: int) -> int:
    return round(part * 100 / of) if of else 0
