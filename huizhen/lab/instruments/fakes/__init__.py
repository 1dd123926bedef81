"""Simulated instruments that ship with the product: they send, and answer when asked, also in every way that bites."""

from huizhen.lab.instruments.fakes.answering import MOODS as ANSWERS
from huizhen.lab.instruments.fakes.answering import answer_astm, answer_mllp
from huizhen.lab.instruments.fakes.commands import simulate
from huizhen.lab.instruments.fakes.sending import (
    CONTENTS,
    MANNERS,
    AstmLine,
    BadMood,
    astm_message,
    astm_query,
    check_moods,
    hl7_message,
    hl7_query,
    mllp_writes,
    send_astm,
    send_mllp,
    spoilt,
)

__all__ = [
    "ANSWERS",
    "CONTENTS",
    "MANNERS",
    "AstmLine",
    "BadMood",
    "answer_astm",
    "answer_mllp",
    "astm_message",
    "astm_query",
    "check_moods",
    "hl7_message",
    "hl7_query",
    "mllp_writes",
    "send_astm",
    "send_mllp",
    "simulate",
    "spoilt",
]
