"""Writes of reporting: the steps of a report, what was released before a platform was there, what a person carries."""

from huizhen.lab.reporting.actions.backfilling import begin_backfill, fill_part
from huizhen.lab.reporting.actions.by_hand import (
    download,
    give_back,
    hand_in,
    mark_unknown,
    prepare,
    report_not_handed_in,
    take_answer,
)
from huizhen.lab.reporting.actions.settling import settle
from huizhen.lab.reporting.actions.steps import (
    ENLIST,
    claim,
    close_accepted,
    enlist,
    report_late,
    report_missed,
    report_shut,
    send_again,
    start_sending,
    try_now,
)
from huizhen.lab.reporting.actions.templates import confirm_template, take_template, use_ours

__all__ = [
    "ENLIST",
    "begin_backfill",
    "claim",
    "close_accepted",
    "confirm_template",
    "download",
    "enlist",
    "fill_part",
    "give_back",
    "hand_in",
    "mark_unknown",
    "prepare",
    "report_late",
    "report_missed",
    "report_not_handed_in",
    "report_shut",
    "send_again",
    "settle",
    "start_sending",
    "take_answer",
    "take_template",
    "try_now",
    "use_ours",
]
