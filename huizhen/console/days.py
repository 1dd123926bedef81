"""Days as people read them."""

from datetime import date

from django.utils.formats import date_format


def day(on: date | None) -> str:
    """A day in the reader's language; nothing where it is not known."""
    return date_format(on, "DATE_FORMAT") if on else ""
