"""What must follow a commit: events and the jobs that handle them, stored in the caller's own transaction."""

from huizhen.kernel.outbox.events import EVENT_HANDLERS, emit, emit_many, on
from huizhen.kernel.outbox.pending import run_pending
from huizhen.kernel.outbox.tasks import HEAVY, STEADY, periodic, task

__all__ = ["EVENT_HANDLERS", "HEAVY", "STEADY", "emit", "emit_many", "on", "periodic", "run_pending", "task"]
