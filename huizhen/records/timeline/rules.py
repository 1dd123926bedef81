"""The entries of a time line: put in order, narrowed, and gathered by month. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

KINDS = ("case", "document", "study", "medicine", "brought", "consent", "correction")
CASES_AT_ONCE = 200  # cases that one statement looks up
MOST_CASES = 1000  # so that no record, whatever it is used for, makes a page without end; the page says so


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `kind`: one of `KINDS`; `about`: the key of what it is about; `what`: a code that says
    more (`opened`, `closed`, `given`, `withdrawn`, the kind of document, the status of a medicine). `title` is health
    data. `odd`: results of a report that are out of range, as `name value unit` with `high`, `low` or `abnormal`.
    `source`: where it was brought from (`records.fhir`), as the other house calls itself; of a medicine, who says so.
    """

    on: date
    kind: str
    about: UUID
    what: str
    title: str = ""
    place: UUID | None = None
    added_on: date | None = None
    odd: tuple[tuple[str, str], ...] = ()
    source: str = ""
    brought: bool = False

    @property
    def order(self) -> tuple[date, date, str]:
        """The latest first by the day it speaks of, then by the day it came."""
        return (self.on, self.added_on or self.on, str(self.about))


def narrow(entries: Iterable[Entry], *, kind: str = "", place: UUID | None = None) -> list[Entry]:
    """Those of one kind and one organisation, where asked for; the latest first."""
    kept = [one for one in entries if kind in ("", one.kind) and place in (None, one.place)]
    return sorted(kept, key=lambda one: one.order, reverse=True)


def by_month(entries: Iterable[Entry]) -> list[tuple[date, list[Entry]]]:
    """Ordered entries gathered by month, each month by its first day."""
    return [(month, list(those)) for month, those in groupby(entries, key=lambda one: one.on.replace(day=1))]


def is_cut(entries: Iterable[Entry]) -> bool:
    """Whether as many cases stand there as there may, so that older ones may be missing."""
    return sum(one.kind == "case" for one in entries) >= MOST_CASES
