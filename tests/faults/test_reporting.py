"""Kill -9 of the reporting process at every step, against the shipped platform in all its moods. At the end both ledgers
say the same, row by row, and each person's result is in them once.

The steps are found from outside, without a word in the product: a lock in the database holds the process in the middle
of a transaction, and the platform holds it in the middle of a call.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from huizhen.kernel import clock
from huizhen.lab.reporting import rules
from huizhen.lab.reporting.fakes import Mood, Platform, PlatformServer
from huizhen.lab.reporting.models import Delivery, Upstream
from huizhen.lab.results import actions as results
from huizhen.lab.results.models import Released
from huizhen.lab.tests.builders import make_lab, reading
from tests.servers import chosen

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS, DELAY_SECONDS, LATER_MINUTES, IN_BATCH = 60, 30.0, 11, 4
# At the end it is started again until all is well: what was asked to wait, or has no answer, waits for minutes.
MOST_STARTS, A_WHILE_SECONDS = 40, 1.5
NOISE = (Mood.LOSE_ANSWER, Mood.TWICE, Mood.LOSE_REQUEST, Mood.BUSY, Mood.DOWN)
WAITS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
# Step: the lock that holds the process there, and the platform's mood that holds it before, if it must be there first.
HELD_BY_LOCK = {
    "enlisting, before its commit": "LOCK TABLE lab_delivery IN SHARE ROW EXCLUSIVE MODE",
    "claiming, before its commit": "LOCK TABLE lab_batch IN SHARE ROW EXCLUSIVE MODE",
    "claimed, before anything is sent": "LOCK TABLE lab_item IN ACCESS EXCLUSIVE MODE",
}
HELD_AFTER_CALL = {
    "answered, before it is written down": "SELECT 1 FROM lab_upstream FOR UPDATE",
    "writing the receipts, before its commit": "SELECT 1 FROM lab_delivery FOR UPDATE",
}
HELD_BY_PLATFORM = {
    "sent, not taken yet": Mood.SLOW,
    "taken, before the receipt": Mood.LATE_ANSWER,
}
STEPS = [*HELD_BY_LOCK, *HELD_BY_PLATFORM, *HELD_AFTER_CALL, "asking about a lost answer"]


class Reporter:
    """The process that is killed; each time it starts, eleven minutes have passed."""

    def __init__(self, upstream: Upstream) -> None:
        url = chosen().url(connection.settings_dict["NAME"])
        environ = {**os.environ, "DATABASE_URL": url}
        line = [sys.executable, "-m", "tests.faults.reporter"]
        self.factory = subprocess.Popen(
            line, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self.factory.stdout.readline() == "ready\n"
        self.upstream, self.minutes, self.child = upstream, 0, 0

    def start(self) -> None:
        self.minutes += LATER_MINUTES
        self.factory.stdin.write(f"{self.minutes} {self.upstream.id}\n")
        self.child = int(self.factory.stdout.readline())

    def kill(self) -> None:
        os.kill(self.child, signal.SIGKILL)
        wait_until(lambda: not is_alive(self.child))

    def end(self) -> None:
        self.factory.stdin.close()
        self.factory.wait(PATIENCE_SECONDS)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def comes_true(condition: Callable[[], bool], *, within: float) -> bool:
    ends = time.monotonic() + within
    while not (found := condition()) and time.monotonic() < ends:
        time.sleep(0.01)
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    assert comes_true(condition, within=PATIENCE_SECONDS), f"{condition} never came true"


@contextmanager
def beside() -> Iterator[psycopg.Connection]:
    """A connection of the test's own, in a transaction that is given up at the end."""
    with psycopg.connect(chosen().url(connection.settings_dict["NAME"])) as own:
        yield own
        own.rollback()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        return cursor.fetchone()[0] > 0


def release(lab, *, tubes: int = 2, persons: int = 5) -> None:
    """More results than go into one batch."""
    lines = [reading(lab.collect(5, persons=persons), "Negative") for _ in range(tubes)]
    results.take(lines, message_id=uuid4(), instrument_id=None, at=clock.now())


def kill_at(step: str, reporter: Reporter, platform: Platform) -> None:
    """Let it run into the step, kill it there, and let go of what held it."""
    platform.go.clear()
    with beside() as own:
        if step in HELD_BY_LOCK:
            own.execute(HELD_BY_LOCK[step])
            reporter.start()
            wait_until(somebody_waits)
            return reporter.kill()
        if step == "asking about a lost answer":
            platform.moods.extend([Mood.LOSE_ANSWER, Mood.LATE_ANSWER])
            reporter.start()
            wait_until(lambda: not platform.moods or platform.moods[0] == Mood.LATE_ANSWER)
            wait_until(lambda: Delivery.objects.filter(batch__state="unknown").exists())
            reporter.kill()
            reporter.start()
        else:
            platform.moods.append(HELD_BY_PLATFORM.get(step, Mood.LATE_ANSWER))
            reporter.start()
        wait_until(lambda: platform.held > 0)
        if step in HELD_AFTER_CALL:
            own.execute(HELD_AFTER_CALL[step])
            platform.go.set()
            wait_until(somebody_waits)
        reporter.kill()
        platform.go.set()
        wait_until(lambda: platform.held == 0)
    return None


def ours() -> dict:
    return {row.id: row.receipt for row in Delivery.objects.filter(state="accepted")}


def test_killed_at_every_step_both_ledgers_agree_row_by_row():
    lab, platform = make_lab(), Platform(delay=DELAY_SECONDS)
    with PlatformServer(platform) as served:
        upstream = Upstream.objects.create(
            organisation=lab.laboratory, name="省平台", format="hl7", url=served.url, most_at_once=IN_BATCH
        )
        reporter = Reporter(upstream)
        for number, step in enumerate(STEPS):
            release(lab)
            platform.moods.clear()
            kill_at(step, reporter, platform)
            platform.moods.extend([NOISE[number % len(NOISE)], Mood.TWICE])
        platform.go.set()
        wanted = Released.objects.count()
        for _ in range(MOST_STARTS):
            reporter.start()
            is_done = comes_true(lambda: len(ours()) == wanted, within=A_WHILE_SECONDS)
            reporter.kill()
            if is_done:
                break
        reporter.end()
    expected = {rules.delivery_id(upstream.id, row.person, row.series, row.version) for row in Released.objects.all()}
    assert len(expected) == wanted == len(STEPS) * 10
    assert not Delivery.objects.exclude(state="accepted").exists()
    assert ours() == platform.accepted
    assert set(platform.accepted) == expected
