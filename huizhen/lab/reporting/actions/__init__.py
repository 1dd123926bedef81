"""Writes of reporting: the steps of a report, and what was released before a platform was there."""

from huizhen.lab.reporting.actions.backfilling import begin_backfill, fill_part
from huizhen.lab.reporting.actions.steps import (
    ENLIST,
    claim,
    close_accepted,
    enlist,
    report_late,
    report_missed,
    send_again,
    settle,
    start_sending,
)

__all__ = [
    "ENLIST",
    "begin_backfill",
    "claim",
    "close_accepted",
    "enlist",
    "fill_part",
    "report_late",
    "report_missed",
    "send_again",
    "settle",
    "start_sending",
]
