"""Writes of results: taking what instruments say, releasing, deciding in review, correcting, printing."""

from huizhen.lab.results.actions.deciding import correct, mark_forwarded, reject, release, withdraw
from huizhen.lab.results.actions.forgetting import forget_messages
from huizhen.lab.results.actions.giving_up import give_up
from huizhen.lab.results.actions.matching import match_kept
from huizhen.lab.results.actions.partitions import ensure_partitions
from huizhen.lab.results.actions.printing import print_report
from huizhen.lab.results.actions.releasing import show_again
from huizhen.lab.results.actions.taking import Heard, Taken, retry_held, take, take_batch

__all__ = [
    "Heard",
    "Taken",
    "correct",
    "ensure_partitions",
    "forget_messages",
    "give_up",
    "mark_forwarded",
    "match_kept",
    "print_report",
    "reject",
    "release",
    "retry_held",
    "show_again",
    "take",
    "take_batch",
    "withdraw",
]
