"""Writes of instruments, a file each for what they send, what they are asked, the orders they are sent and how they are
read."""

from huizhen.lab.instruments.actions.asking import (
    ask_again,
    claim_requests,
    end_requests,
    note_answers,
    note_nothing,
    note_request,
)
from huizhen.lab.instruments.actions.keeping import (
    MATCH,
    claim_sender,
    forget_payloads,
    keep_messages,
    note_understood,
    read_again,
    save_instrument,
    wake_matcher,
)
from huizhen.lab.instruments.actions.ordering import call_off, claim_downloads, note_download, send_orders
from huizhen.lab.instruments.actions.profiles import save_profile
from huizhen.lab.instruments.actions.watching import judge_silence, note_link, note_ports

__all__ = [
    "MATCH",
    "ask_again",
    "call_off",
    "claim_downloads",
    "claim_requests",
    "claim_sender",
    "end_requests",
    "forget_payloads",
    "judge_silence",
    "keep_messages",
    "note_answers",
    "note_download",
    "note_link",
    "note_nothing",
    "note_ports",
    "note_request",
    "note_understood",
    "read_again",
    "save_instrument",
    "save_profile",
    "send_orders",
    "wake_matcher",
]
