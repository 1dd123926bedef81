"""What must follow a commit: events and the jobs that handle them, stored in the caller's own transaction."""

from huizhen.kernel.outbox.events import EVENT_HANDLERS, emit, emit_many, on
from huizhen.kernel.outbox.pending import run_pending
from huizhen.kernel.outbox.rounds import go_round
from huizhen.kernel.outbox.tasks import GIVES_UP_AFTER, HEAVY, STEADY, defer_once, periodic, task

__all__ = [
    "EVENT_HANDLERS",
    "GIVES_UP_AFTER",
    "HEAVY",
    "STEADY",
    "defer_once",
    "emit",
    "emit_many",
    "go_round",
    "on",
    "periodic",
    "run_pending",
    "task",
]
