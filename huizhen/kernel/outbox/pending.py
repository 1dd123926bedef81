"""Run waiting jobs here and now, one after the other: for tests, journeys and the demonstration's set-up."""

import json
from datetime import datetime

from django.db import connection
from procrastinate.contrib.django import app

CLAIM = """
    UPDATE procrastinate_jobs SET status = 'doing', attempts = attempts + 1
    WHERE id = (SELECT id FROM procrastinate_jobs
                WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %s)
                ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, task_name, args
"""
FINISH = "UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s"


def run_pending(at: datetime, *, limit: int = 10_000) -> int:
    """Run the jobs that are due at `at` in the order they were stored, those they store included.

    Returns how many ran. An exception of a job is raised here: a test sees it at once.
    """
    done = 0
    while done < limit and (job := _claim(at)):
        identifier, name, arguments = job
        app.tasks[name].func(**arguments)
        with connection.cursor() as cursor:
            cursor.execute(FINISH, [identifier])
        done += 1
    return done


def _claim(at: datetime) -> tuple[int, str, dict] | None:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [at])
        found = cursor.fetchone()
    return found and (found[0], found[1], json.loads(found[2]))
