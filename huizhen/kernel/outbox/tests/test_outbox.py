from datetime import UTC, datetime

import pytest
from django.db import transaction

from huizhen.kernel import outbox
from huizhen.kernel.outbox.events import EVENT_HANDLERS, OutsideTransaction, UnknownHandler
from huizhen.kernel.outbox.tasks import PATIENCE

NOW = datetime(2026, 11, 23, tzinfo=UTC)
heard: list[dict] = []


def listen(payload):
    heard.append(payload)


def fail(payload):
    raise RuntimeError(payload["event"])


@pytest.fixture(autouse=True)
def _listening(own_jobs):
    heard.clear()
    outbox.on("example.made")(listen)
    outbox.on("example.*")(listen)
    yield
    for event in ("example.made", "example.*", "example.failing"):
        EVENT_HANDLERS.pop(event, None)


@pytest.mark.django_db
def test_every_handler_is_a_job_of_its_own():
    outbox.on("example.made")(fail)
    outbox.emit("example.made", case="1")
    with pytest.raises(RuntimeError, match=r"example\.made"):
        outbox.run_pending(NOW)
    assert outbox.run_pending(NOW) == 1
    assert heard == [{"event": "example.made", "case": "1"}] * 2


@pytest.mark.django_db
def test_a_handler_named_twice_runs_once_for_each_name():
    outbox.emit("example.other")
    assert outbox.run_pending(NOW) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_stored():
    class Changed(Exception):
        pass

    def change_mind():
        with transaction.atomic():
            outbox.emit("example.made")
            raise Changed

    with pytest.raises(Changed):
        change_mind()
    assert outbox.run_pending(NOW) == 0


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_emitted():
    with pytest.raises(OutsideTransaction):
        outbox.emit("example.made")


@pytest.mark.django_db
def test_a_handler_that_is_gone_is_said():
    EVENT_HANDLERS["example.failing"].append(f"{__name__}:gone")
    outbox.emit("example.failing")
    with pytest.raises(UnknownHandler):
        outbox.run_pending(NOW)


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 2), (3, 16), (20, 1800)])
def test_patience_grows_and_has_an_end(attempts, seconds):
    class Job:
        pass

    job = Job()
    job.attempts = attempts
    decision = PATIENCE.get_retry_decision(exception=RuntimeError(), job=job)
    assert decision is not None
    assert decision.retry_at is not None
    job.attempts = 24
    assert PATIENCE.get_retry_decision(exception=RuntimeError(), job=job) is None


@pytest.mark.django_db
def test_of_one_lock_one_run_waits():
    @outbox.task("example.once")
    def once(subject):
        heard.append(subject)

    for subject in "ab":
        outbox.defer_once("example.once", lock="example.once:1", subject=subject)
    outbox.defer_once("example.once", lock="example.once:2", subject="c")
    outbox.run_pending(NOW)
    assert heard == ["a", "c"]
    outbox.defer_once("example.once", lock="example.once:1", subject="d")
    outbox.run_pending(NOW)
    assert heard[-1] == "d"
