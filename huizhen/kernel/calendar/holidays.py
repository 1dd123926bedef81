"""Which days are worked in China: the list the State Council publishes, and the operator's corrections over it.

The `holidays` package carries the published list. Rows of `Holiday` win over it, day by day, so the calendar
is right before anybody has filled the table, and an operator can enter a late announcement at once.
"""

import functools
import threading
import time
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import holidays
from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from huizhen.kernel.calendar.models import Holiday
from huizhen.kernel.calendar.working import HOLIDAY, WORKDAY, ZONE, Day, OfficeTime

FIRST_YEAR, LAST_YEAR = 2020, 2100
REMEMBERED_FOR_S = 60
SWAPPED = "调休上班"  # house: chinese, because a day's name is data in both languages
SWAPPED_EN = "Swapped working day"

_remembered: dict[str, tuple[float, dict[date, Day]]] = {}
_lock = threading.Lock()


class DayTable(dict[date, Day]):
    """Days that differ, looked up year by year in the published list, with the operator's rows over it."""

    def get(self, day: date, default: Any = None) -> Any:
        """The day's entry, or nothing for an ordinary day."""
        return super().get(day) or published(day.year).get(day, default)


def office() -> OfficeTime:
    """The office time in force. Rows are remembered for a minute, so another process's edit counts that much later."""
    with _lock:
        read_at, rows = _remembered.get("rows", (0.0, {}))
        if not read_at or time.monotonic() - read_at > REMEMBERED_FOR_S:
            rows = _rows()
            _remembered["rows"] = (time.monotonic(), rows)
    return OfficeTime(days=DayTable(rows), hours=settings.WORKING_HOURS)


def forget(**_signal: object) -> None:
    """Read the table again at the next question. Called by itself when a row is saved or deleted here."""
    _remembered.clear()


@functools.cache
def published(year: int) -> dict[date, Day]:
    """The days of one year in the published list; for a year not published yet, the statutory days only."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    chinese = holidays.country_holidays("CN", years=year, language="zh_CN")
    english = holidays.country_holidays("CN", years=year, language="en_US")
    found = {day: Day(HOLIDAY, name, english.get(day, "")) for day, name in chinese.items() if day.year == year}
    worked = {day: Day(WORKDAY, SWAPPED, SWAPPED_EN) for day in chinese.weekend_workdays if day.year == year}
    return found | worked


def is_published(year: int) -> bool:
    """Whether the year's arrangement with its swapped days is known: in the list, or entered by an operator."""
    if any(day.kind == WORKDAY for day in published(year).values()):
        return True
    return Holiday.objects.filter(date__year=year, source=Holiday.Source.OPERATOR).exists()


def next_year_known(at: datetime) -> bool:
    """Whether next year's holidays are known. The State Council publishes them in November; from then on a page
    that shows the calendar warns while this is false, because deadlines across New Year may be wrong."""
    return is_published(at.astimezone(ZONE).year + 1)


def fill(years: Iterable[int]) -> int:
    """Write the published years into the table, where operators can read and correct them; return the rows written.

    An operator's row stays as it is. A published row that the list no longer has is removed.
    """
    written = 0
    with transaction.atomic():
        for year in (year for year in years if any(d.kind == WORKDAY for d in published(year).values())):
            ours = Holiday.objects.filter(date__year=year, source=Holiday.Source.PUBLISHED)
            ours.delete()
            taken = set(Holiday.objects.filter(date__year=year).values_list("date", flat=True))
            rows = [
                Holiday(date=day, kind=entry.kind, name=entry.name, name_en=entry.name_en, source="published")
                for day, entry in sorted(published(year).items())
                if day not in taken
            ]
            written += len(Holiday.objects.bulk_create(rows))
    forget()
    return written


def _rows() -> dict[date, Day]:
    rows = Holiday.objects.values_list("date", "kind", "name", "name_en")
    return {day: Day(kind, name, name_en) for day, kind, name, name_en in rows}


receiver(post_save, sender=Holiday)(forget)
receiver(post_delete, sender=Holiday)(forget)
