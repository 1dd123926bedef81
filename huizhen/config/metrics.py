"""The figures each process shows to Prometheus. Labels are names from our own tables, never what a person typed."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily

TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("huizhen_requests_total", "Answered requests", ["route", "method", "status"])
REQUEST_SECONDS = Histogram("huizhen_request_seconds", "Time to answer a request", ["route"], buckets=BUCKETS)
JOBS = Counter("huizhen_jobs_total", "Finished runs of jobs", ["task", "outcome"])
JOB_SECONDS = Histogram("huizhen_job_seconds", "Time of one run of a job", ["task"], buckets=BUCKETS)

WAITING = """
    SELECT queue_name, count(*), coalesce(max(extract(epoch FROM %(now)s - coalesce(scheduled_at, %(now)s))), 0)
    FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at, %(now)s) <= %(now)s GROUP BY queue_name
"""
# A run by the clock that failed, say with the database, and whose next run was done waits for nobody any more.
FAILED = """
    SELECT count(*) FROM procrastinate_jobs gone WHERE status = 'failed' AND NOT (
        gone.queueing_lock IS NOT DISTINCT FROM gone.task_name AND EXISTS (
            SELECT 1 FROM procrastinate_jobs later
             WHERE later.task_name = gone.task_name AND later.id > gone.id AND later.status = 'succeeded'))
"""
# The newest finished run of each periodic job: the age of the deadline sweep is one of these.
LAST_RUNS = """
    SELECT DISTINCT ON (d.task_name) d.task_name, extract(epoch FROM %(now)s - e.at)
    FROM procrastinate_periodic_defers d JOIN procrastinate_events e ON e.job_id = d.job_id AND e.type = 'succeeded'
    ORDER BY d.task_name, d.id DESC
"""


def render() -> bytes:
    """The text of `/metrics`: this process's figures, or those of all its sibling workers."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return generate_latest(registry)


class QueueFigures:
    """Depth and age of the queue, asked of the database when Prometheus asks.

    `ask(sql, parameters)` returns rows, none at all while the database is away: the figures are then left out.
    """

    def __init__(self, ask: Any, now: Any) -> None:
        self.ask, self.now = ask, now

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing is asked of the database when the figures are registered."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Prometheus's own protocol: yield one family per figure."""
        values = {"now": self.now()}
        waiting: Sequence[Any] = self.ask(WAITING, values)
        depth = GaugeMetricFamily("huizhen_queue_waiting", "Jobs that are due and wait", labels=["queue"])
        oldest = GaugeMetricFamily(
            "huizhen_queue_oldest_seconds", "How long the oldest of them waits", labels=["queue"]
        )
        for queue, count, seconds in waiting:
            depth.add_metric([queue], count)
            oldest.add_metric([queue], float(seconds))
        failed = GaugeMetricFamily("huizhen_jobs_failed", "Jobs that gave up and wait for a person")
        for (count,) in self.ask(FAILED, {}):
            failed.add_metric([], count)
        ages = GaugeMetricFamily(
            "huizhen_periodic_age_seconds", "Time since a periodic job last finished", labels=["task"]
        )
        for task, seconds in self.ask(LAST_RUNS, values):
            ages.add_metric([task], float(seconds))
        yield from (depth, oldest, failed, ages)
