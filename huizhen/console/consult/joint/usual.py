"""What an application usually needs, and whether what was chosen is that."""

from calendar import monthrange
from collections.abc import Collection
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from huizhen.console.days import day

RECENT = 3  # months


def months_before(on: date, months: int) -> date:
    """The same day some months earlier, or the last one of that month."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


def list_usual(studies: Collection[Any], kinds: Collection[str], *, today: date) -> list[dict[str, Any]]:
    """{label, have, why} of each; `why` a chosen study does not count. `kinds`: of the documents that were chosen."""
    recent = [one for one in studies if one.taken_on and months_before(today, RECENT) <= one.taken_on <= today]
    return [
        {
            "label": _("Imaging of the last three months"), "have": bool(recent),
            "why": "" if recent else _why_not(studies),
        },
        {
            "label": _("Case or discharge summary"), "have": bool({"record", "discharge_summary"} & set(kinds)),
            "why": "",
        },
    ]  # fmt: skip


def _why_not(studies: Collection[Any]) -> str:
    days = [one.taken_on for one in studies if one.taken_on]
    if days:
        return _("The latest imaging you chose is of %(day)s.") % {"day": day(max(days))}
    return _("The imaging you chose does not say when it was taken, so it does not count here.") if studies else ""
