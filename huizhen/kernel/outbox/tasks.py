"""Jobs: functions that run later, in the jobs process, at least once. Each must do no harm the second time."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from pydantic_core import to_json

from huizhen.kernel.line import ask, put

# The queue's own function, given all jobs as one value: `batch_defer` writes each of them into the statement's text.
DEFER = """
SELECT cardinality(procrastinate_defer_jobs_v1(array_agg(job)))
  FROM jsonb_populate_recordset(NULL::procrastinate_job_to_defer_v1, %s::jsonb) AS job
"""


@dataclass(frozen=True)
class Patience(BaseRetryStrategy):
    """Try again after 2, 4, 8 … seconds, never waiting longer than `longest` seconds, `attempts` times in all."""

    attempts: int = 25
    longest: int = 1800

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; `None` when patience has ended and the job stays as failed."""
        if job.attempts + 1 >= self.attempts:
            return None
        return RetryDecision(retry_in={"seconds": min(2 ** (job.attempts + 1), self.longest)})


PATIENCE = Patience()
# A job that was stored so long ago is not tried any more.
GIVES_UP_AFTER = timedelta(hours=8)
# What works a processor for seconds: one at a time, so that nothing else waits for it and memory stays bounded.
HEAVY = "heavy"
# What goes on while there is something to do, and begins anew the moment it has ended: one run at a time, too. A lock
# of the queue would do for that, but nobody is told when it is free, and the next run came up to five seconds late.
STEADY = "steady"
WAITS = "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo')"


def task(name: str, *, queue: str = "default", retry: Patience = PATIENCE) -> Callable[[Callable[..., None]], Any]:
    """Declare a job. The decorated function gains `.defer(**arguments)`, which stores it in the caller's
    transaction; arguments must be JSON. A raised exception means: try again later, 25 times over seven hours."""
    return app.task(name=name, queue=queue, retry=retry)


def periodic(name: str, cron: str, *, queue: str = "default") -> Callable[[Callable[..., None]], Any]:
    """Declare a job that is deferred by the clock (`cron`, five or six fields, seconds last). If one run is still
    waiting, the next is not added: a stopped worker comes back to one run, not to a heap."""

    def decorate(function: Callable[..., None]) -> Any:
        def run(timestamp: int) -> None:
            function()

        run.__name__, run.__doc__ = function.__name__, function.__doc__
        declared = app.task(name=name, queue=queue, queueing_lock=name)(run)
        return app.periodic(cron=cron)(declared)

    return decorate


def defer_once(name: str, *, lock: str, queue: str = "default", **arguments: Any) -> None:
    """Store a run of the job of this name, unless one under this lock waits already. In the caller's transaction."""
    # Looked at first: each refusal of the database is an error in its log, and of many calls most find one waiting.
    if ask(WAITS, [lock])[0][0]:
        return
    with suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task(name, queue=queue, queueing_lock=lock).defer(**arguments)


def defer_many(declared: Any, jobs: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Store many runs of one job, each with its own queue and arguments, in the caller's transaction."""
    common = {"task_name": declared.name, "priority": declared.priority}
    put(DEFER, [to_json([{**common, "queue_name": queue, "args": arguments} for queue, arguments in jobs]).decode()])
