from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from huizhen.console import durations

NOON = datetime(2026, 4, 16, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.mark.parametrize(
    ("span", "chinese", "english"),
    [
        (timedelta(seconds=59), "不到 1 分钟", "less than a minute"),
        (timedelta(minutes=1), "1分钟", "1 minute"),
        (timedelta(hours=2, minutes=5), "2小时5分钟", "2 hours 5 minutes"),
        (timedelta(hours=3), "3小时", "3 hours"),
        (timedelta(days=1, hours=4, minutes=59), "1天4小时", "1 day 4 hours"),
        (-timedelta(minutes=20), "20分钟", "20 minutes"),
    ],
)
def test_a_length_has_at_most_two_units(span: timedelta, chinese: str, english: str) -> None:
    with override("zh-hans"):
        assert durations.length(span) == chinese
    with override("en"):
        assert durations.length(span) == english


def test_before_and_after_a_due_time() -> None:
    with override("zh-hans"):
        assert durations.until(NOON + timedelta(hours=1), now=NOON) == "还有 1小时"
        assert durations.until(NOON - timedelta(hours=1), now=NOON) == "已超时 1小时"


@pytest.mark.parametrize(
    ("at", "chinese", "english"),
    [
        (NOON, "今天 12:00", "today 12:00"),
        (NOON - timedelta(hours=13), "昨天 23:00", "yesterday 23:00"),
        (NOON + timedelta(hours=12), "明天 00:00", "tomorrow 00:00"),
        (NOON - timedelta(days=10), "4月6日 12:00", "6 April 12:00"),
        (NOON - timedelta(days=200), "2025年9月28日 12:00", "28 September 2025 12:00"),
    ],
)
def test_moments_are_said_as_people_say_them(at: datetime, chinese: str, english: str) -> None:
    with override("zh-hans"):
        assert durations.moment(at, now=NOON) == chinese
    with override("en"):
        assert durations.moment(at, now=NOON) == english
