"""What somebody takes, as a list shows it: on the page of the record and among the material of a case."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from huizhen.console.days import day
from huizhen.console.shapes import Attachment
from huizhen.records.medicines.rules import in_words


def to_lines(rows: Iterable[Any]) -> list[Attachment]:
    """Medicines line by line: what, how, since when, whether it is taken now."""
    return [Attachment(row.name, reverse("medicine", args=[row.id]), about(row), row.id) for row in rows]


def about(row: Any) -> str:
    """How it is taken and how it stands, in one line."""
    how = in_words(row.dose, row.route, row.frequency)
    return " · ".join(part for part in (how, span_of(row), str(row.get_status_display())) if part)


def span_of(row: Any) -> str:
    """From when to when, as far as it is known."""
    starts, ends = (day(on) for on in (row.starts_on, row.ends_on))
    if starts and ends:
        return f"{starts} – {ends}"
    if ends:
        return _("until %(day)s") % {"day": ends}
    return _("since %(day)s") % {"day": starts} if starts else ""
