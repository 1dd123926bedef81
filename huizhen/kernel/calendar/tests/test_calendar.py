"""The calendar as features use it: lengths, due times, pauses, explanations, and the table behind them."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from huizhen.kernel import calendar
from huizhen.kernel.calendar.models import Holiday
from huizhen.kernel.calendar.tests.test_working import china

pytestmark = pytest.mark.django_db


def operator_says(day: str, kind: str, name: str) -> None:
    Holiday.objects.create(date=date.fromisoformat(day), kind=kind, name=name, name_en="by order")


def test_plain_lengths_run_by_day_and_night():
    start = china("2026-02-14 23:00")
    assert calendar.due(start, calendar.minutes(15)) - start == timedelta(minutes=15)
    assert calendar.due(start, calendar.hours(2)) - start == timedelta(hours=2)
    assert calendar.due(start, calendar.days(7)) - start == timedelta(days=7)


def test_working_lengths_know_the_holidays_before_anybody_filled_the_table():
    assert not Holiday.objects.exists()
    assert calendar.due(china("2026-02-14 17:00"), calendar.working_hours(8)) == china("2026-02-24 17:00")
    assert calendar.due(china("2026-02-14 17:00"), calendar.working_days(1)) == china("2026-02-24 17:00")


def test_an_operators_row_counts_from_the_next_question_on():
    start = china("2026-03-06 15:00")
    assert calendar.due(start, calendar.working_days(1)) == china("2026-03-09 15:00")
    operator_says("2026-03-09", "holiday", "临时放假")
    assert calendar.due(start, calendar.working_days(1)) == china("2026-03-10 15:00")
    operator_says("2026-03-07", "workday", "临时上班")
    assert calendar.due(start, calendar.working_days(1)) == china("2026-03-07 15:00")
    Holiday.objects.get(date="2026-03-07").delete()
    assert calendar.due(start, calendar.working_days(1)) == china("2026-03-10 15:00")


def test_pause_and_resume_shift_by_the_time_of_their_calendar():
    due, paused, resumed = china("2026-03-06 17:00"), china("2026-03-06 10:00"), china("2026-03-09 10:00")
    assert calendar.resume_due("always", due, paused, resumed) == due + timedelta(days=3)
    assert calendar.spent("working", paused, resumed) == timedelta(hours=8)
    assert calendar.resume_due("working", due, paused, resumed) == china("2026-03-09 17:00")


def test_a_pause_over_the_whole_holiday_costs_nothing():
    due, paused, resumed = china("2026-10-08 09:00"), china("2026-10-01 00:00"), china("2026-10-08 08:00")
    assert calendar.resume_due("working", due, paused, resumed) == due


def test_the_explanation_names_each_day_in_the_readers_language():
    start, length = china("2026-09-30 11:00"), calendar.working_days(2)
    with translation.override("zh-hans"):
        facts = calendar.explain(start, length)
        assert [(fact.day.day, fact.kind) for fact in facts] == [(n, "holiday") for n in (1, 2, 3)] + [
            (4, "weekend"),
            (5, "holiday"),
            (6, "holiday"),
            (7, "holiday"),
        ]
        assert facts[0].name == "国庆节"
    with translation.override("en"):
        assert calendar.explain(start, length)[0].name == "National Day"
        assert "2026-10-01 does not count" in str(calendar.explain(start, length)[0])
    assert calendar.explain(start, calendar.hours(200)) == []


def test_a_swapped_day_is_part_of_the_explanation():
    facts = calendar.explain(china("2026-02-27 09:00"), calendar.working_days(1))
    assert [(fact.day, fact.kind) for fact in facts] == [(date(2026, 2, 28), "workday")]


def test_filling_keeps_the_operators_word_and_can_be_repeated():
    operator_says("2026-02-23", "workday", "本院上班")
    first = calendar.fill([2026])
    assert first == calendar.fill([2026]) > 20
    assert Holiday.objects.get(date="2026-02-23").kind == "workday"
    assert Holiday.objects.get(date="2026-02-14").kind == "workday"
    assert Holiday.objects.get(date="2026-02-17").name == "春节"


def test_an_unpublished_year_is_not_filled_and_warned_of_until_somebody_enters_it():
    assert calendar.next_year_known(china("2025-12-01 09:00"))
    assert not calendar.next_year_known(china("2089-12-01 09:00"))
    assert calendar.fill([2090]) == 0
    operator_says("2090-01-29", "workday", "调休上班")
    assert calendar.next_year_known(china("2089-12-01 09:00"))


@pytest.mark.parametrize(("unit", "amount"), [("fortnights", 1), ("hours", -1)])
def test_a_length_that_makes_no_sense_is_refused(unit, amount):
    with pytest.raises(ValueError, match=unit):
        calendar.Length(unit, amount)
