"""What the queue shows of itself: jobs that gave up wait for a person, but not a run by the clock that was made good."""

import pytest
from django.db import connection

from huizhen.config.metrics import FAILED
from huizhen.kernel.line import ask

pytestmark = pytest.mark.django_db
CLOCK = "consult.joint.meetings"


def job(task, status, lock=None):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, status, queueing_lock, args)"
            " VALUES ('default', %s, 0, %s, %s, '{}')",
            [task, status, lock],
        )


def failed():
    return ask(FAILED, [])[0][0]


def test_a_run_by_the_clock_that_failed_is_made_good_by_a_later_one():
    job(CLOCK, "succeeded", CLOCK)
    job(CLOCK, "failed", CLOCK)
    assert failed() == 1
    job("another.clock", "succeeded", "another.clock")
    job(CLOCK, "todo", CLOCK)
    assert failed() == 1
    job(CLOCK, "succeeded", CLOCK)
    assert failed() == 0


def test_any_other_job_that_gave_up_waits_for_a_person():
    for lock in (None, "its own"):
        job("outbox.deliver", "failed", lock)
        job("outbox.deliver", "succeeded", lock)
    assert failed() == 2
