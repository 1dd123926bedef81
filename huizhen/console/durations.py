"""Lengths and moments in words; `ui/src/islands/due-badge.ts` writes the same ones, so a refresh changes nothing."""

from datetime import datetime, timedelta

from babel.units import format_unit
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, pgettext

MINUTE, HOUR, DAY = 60, 3600, 86400


def _locale() -> str:
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def length(span: timedelta) -> str:
    """A length in at most two units, days and hours or hours and minutes; rounded down."""
    seconds = int(abs(span.total_seconds()))
    if seconds < MINUTE:
        return gettext("less than a minute")
    big, small = (("day", DAY), ("hour", HOUR)) if seconds >= DAY else (("hour", HOUR), ("minute", MINUTE))
    counts = ((seconds // big[1], big[0]), (seconds % big[1] // small[1], small[0]))
    locale = _locale()
    chinese = locale == "zh"  # Babel has the Chinese units only in their short form, and Chinese puts no space between
    words = [format_unit(n, unit, "short" if chinese else "long", locale=locale) for n, unit in counts if n]
    return ("" if chinese else " ").join(words)


def until(at: datetime, *, now: datetime) -> str:
    """How far away a due time is: `2 hours left`, `20 minutes late`."""
    if at >= now:
        return gettext("%(time)s left") % {"time": length(at - now)}
    return gettext("%(time)s late") % {"time": length(now - at)}


def moment(at: datetime, *, now: datetime) -> str:
    """A point in time as people say it, in the reader's time zone: `today 14:30`, `21 November 14:30`."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    clock = f"{local:%H:%M}"
    days = (local.date() - today.date()).days
    near = {
        0: pgettext("day", "today"),
        -1: pgettext("day", "yesterday"),
        1: pgettext("day", "tomorrow"),
    }
    if days in near:
        return f"{near[days]} {clock}"
    this_year = local.year == today.year
    pattern = pgettext("date format", "j F") if this_year else pgettext("date format", "j F Y")
    return f"{date_format(local, pattern)} {clock}"
