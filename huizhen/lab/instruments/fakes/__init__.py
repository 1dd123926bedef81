"""Simulated instruments that ship with the product: they send, and answer when asked, also in every way that bites.
The ways are moods: `moods.py` is their table."""

from huizhen.lab.instruments.fakes.answering import ANSWERS, answer_astm, answer_mllp
from huizhen.lab.instruments.fakes.commands import Device, mood_table, simulate
from huizhen.lab.instruments.fakes.filing import put_files
from huizhen.lab.instruments.fakes.moods import LINES, MOODS, BadMood, check_moods
from huizhen.lab.instruments.fakes.saying import (
    astm_message,
    astm_query,
    hl7_message,
    hl7_query,
    sheet_file,
    text_message,
)
from huizhen.lab.instruments.fakes.sending import (
    AstmLine,
    astm_frames_of,
    mllp_writes,
    send_astm,
    send_astm_over,
    send_mllp,
    send_mllp_over,
    send_text_over,
    tcp,
)
from huizhen.lab.instruments.fakes.workbooks import workbook

__all__ = [
    "ANSWERS",
    "LINES",
    "MOODS",
    "AstmLine",
    "BadMood",
    "Device",
    "answer_astm",
    "answer_mllp",
    "astm_frames_of",
    "astm_message",
    "astm_query",
    "check_moods",
    "hl7_message",
    "hl7_query",
    "mllp_writes",
    "mood_table",
    "put_files",
    "send_astm",
    "send_astm_over",
    "send_mllp",
    "send_mllp_over",
    "send_text_over",
    "sheet_file",
    "simulate",
    "tcp",
    "text_message",
    "workbook",
]
