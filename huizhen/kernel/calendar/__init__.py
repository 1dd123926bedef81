"""Deadlines in plain and in working time, which knows China's public holidays and swapped working days (调休)."""

from huizhen.kernel.calendar.deadlines import Fact, due, explain, resume_due, spent
from huizhen.kernel.calendar.holidays import fill, next_year_known
from huizhen.kernel.calendar.lengths import (
    ALWAYS,
    WORKING,
    Length,
    days,
    hours,
    minutes,
    working_days,
    working_hours,
)

__all__ = [
    "ALWAYS",
    "WORKING",
    "Fact",
    "Length",
    "days",
    "due",
    "explain",
    "fill",
    "hours",
    "minutes",
    "next_year_known",
    "resume_due",
    "spent",
    "working_days",
    "working_hours",
]
