"""The jobs process: one Procrastinate worker with its figures, for deferred jobs, the sweep and periodic work."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.job_context import JobContext
from procrastinate.worker import Worker
from prometheus_client import REGISTRY, start_http_server
from structlog.contextvars import bound_contextvars

from huizhen.config import metrics, probes
from huizhen.config.growth import Work, end_when_grown
from huizhen.kernel import clock
from huizhen.kernel.outbox import HEAVY, STEADY

# Queues with a worker of their own, which does one job after the other; and how many of all others run beside them.
ONE_BY_ONE = (HEAVY, STEADY)
AT_ONCE = 4
HEARTBEAT_SECONDS = 10
STOP_WITHIN_SECONDS = 20

log = structlog.get_logger(__name__)
_work = Work()


def run() -> None:
    """Work off jobs until told to stop; a job under way is finished first, for at most twenty seconds."""
    os.environ.setdefault("HUIZHEN_PROCESS", "jobs")
    if settings.JOBS_METRICS_PORT:
        REGISTRY.register(metrics.QueueFigures(ask_once, clock.now))
        start_http_server(settings.JOBS_METRICS_PORT, addr=settings.BIND)
    asyncio.run(_serve())


def ask_once(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    """Ask on a connection of this one answer: each answer to Prometheus has a thread of its own."""
    try:
        return probes.ask(sql, parameters)
    except DatabaseError:
        return []
    finally:
        connection.close()


async def _serve() -> None:
    connector = cast(DjangoConnector, app.connector)
    with app.replace_connector(connector.get_worker_connector()) as working:
        async with working.open_async():
            log.info("jobs process ready", count=AT_ONCE)
            quick = sorted({task.queue for task in working.tasks.values()} - {*ONE_BY_ONE})
            # Where one of them falls, all do, and the supervisor starts the process anew.
            async with asyncio.TaskGroup() as workers:
                beside = [
                    workers.create_task(_run(working, queue, [queue], at_once=1, signals=False)) for queue in ONE_BY_ONE
                ]
                beside.append(workers.create_task(end_when_grown(_work)))
                await _run(working, "quick", quick, at_once=AT_ONCE)
                for one in beside:
                    one.cancel()


async def _run(working: App, name: str, queues: list[str], *, at_once: int, signals: bool = True) -> None:
    await working.run_worker_async(
        name=name,
        queues=queues,
        concurrency=at_once,
        install_signal_handlers=signals,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        shutdown_graceful_timeout=STOP_WITHIN_SECONDS,
        worker_middleware=[measured],
    )


async def measured(call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
    """Around each job: its number in the logs, its run in the figures, its failure as a line that says which."""
    job = context.job
    began = _work.begin()
    with bound_contextvars(job=job.id, task=job.task_name, attempt=job.attempts + 1):
        try:
            result = await call_next()
        except Exception:
            metrics.JOBS.labels(job.task_name, "failed").inc()
            log.warning("job failed", exc_info=True)
            raise
        finally:
            metrics.JOB_SECONDS.labels(job.task_name).observe(_work.end(began))
        metrics.JOBS.labels(job.task_name, "succeeded").inc()
        return result
