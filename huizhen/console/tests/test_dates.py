"""Days and hours are written in one way in each language, wherever they stand."""

from datetime import datetime

import pytest
from django.utils import translation
from django.utils.formats import date_format

DAY = datetime(2026, 3, 4, 15, 6)


@pytest.mark.parametrize(
    ("language", "pattern", "text"),
    [
        ("en", "DATE_FORMAT", "4 March 2026"),
        ("en", "SHORT_DATE_FORMAT", "4 March 2026"),
        ("en", "DATETIME_FORMAT", "4 March 2026 15:06"),
        ("en", "MONTH_DAY_FORMAT", "4 March"),
        ("en", "YEAR_MONTH_FORMAT", "March 2026"),
        ("zh-hans", "DATE_FORMAT", "2026年3月4日"),
        ("zh-hans", "MONTH_DAY_FORMAT", "3月4日"),
    ],
)
def test_dates_read_as_people_write_them(language: str, pattern: str, text: str) -> None:
    with translation.override(language):
        assert date_format(DAY, pattern) == text
