"""Two hands on one key, on connections of their own: one writes, nobody twice, and nothing half."""

import threading

import pytest
from django.db import close_old_connections, connection, transaction

from huizhen.api.idempotency.actions import InProgress, once
from huizhen.api.idempotency.queries import Answer
from huizhen.api.idempotency.table import KeptAnswer
from huizhen.api.tests.clients import Caller, token_for
from huizhen.kernel import clock
from huizhen.people.tests.builders import make_account

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_jobs")]
REQUEST = b"r" * 32


def in_threads(count, work):
    """Let `work` run so many times at once, each on a connection of its own."""
    start, results = threading.Barrier(count), []

    def run():
        close_old_connections()
        try:
            start.wait()
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_request_sent_eight_times_at_once_is_carried_out_once(settings):
    settings.SECOND_FACTOR = "optional"
    account = make_account()
    caller = Caller(token_for(account))
    body = {"channels_off": ["sms"]}
    answers = in_threads(8, lambda: caller.patch("/inbox/preferences", body, Idempotency_Key="eight-at-once"))
    statuses = {answer.status_code for answer in answers}
    assert 200 in statuses <= {200, 409}
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency_in_progress"}
    assert len({a.content for a in answers if a.status_code == 200}) == 1
    assert KeptAnswer.objects.count() == 1
    assert caller.patch("/inbox/preferences", body, Idempotency_Key="eight-at-once").status_code == 200


def test_who_comes_meanwhile_is_told_at_once():
    account, began, may_end = make_account(), threading.Event(), threading.Event()

    def slow():
        began.set()
        assert may_end.wait(30)
        return Answer(200, {}, "{}")

    done = []
    first = threading.Thread(
        target=lambda: (done.append(once(account.pk, "same-key", REQUEST, slow, at=clock.now())), connection.close())
    )
    first.start()
    assert began.wait(30)
    with pytest.raises(InProgress):
        once(account.pk, "same-key", REQUEST, lambda: pytest.fail("ran twice"), at=clock.now())
    may_end.set()
    first.join()
    again = once(account.pk, "same-key", REQUEST, lambda: pytest.fail("ran twice"), at=clock.now())
    assert again == done[0]


def test_what_breaks_leaves_neither_the_act_nor_the_answer():
    account = make_account()

    def breaks():
        make_account(username="half-done")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        once(account.pk, "same-key", REQUEST, breaks, at=clock.now())
    assert not KeptAnswer.objects.exists()
    assert not type(account).objects.filter(username="half-done").exists()
    assert once(account.pk, "same-key", REQUEST, lambda: Answer(200, {}, "{}"), at=clock.now()).status == 200


def test_a_loser_that_did_not_see_the_winner_is_rolled_back():
    """The lock was free and the look came before the winner's commit: then the insert decides."""
    account = make_account()

    def overtaken():
        def win():
            with transaction.atomic():
                once(account.pk, "other-key", REQUEST, lambda: Answer(200, {}, "{}"), at=clock.now())
                KeptAnswer.objects.filter(account=account).update(key=KEY["same-key"])

        in_threads(1, win)
        make_account(username="loser")
        return Answer(200, {}, "{}")

    once(account.pk, "same-key", REQUEST, lambda: Answer(200, {}, "{}"), at=clock.now())
    KEY["same-key"] = bytes(KeptAnswer.objects.get().key)
    KeptAnswer.objects.all().delete()
    with pytest.raises(InProgress):
        once(account.pk, "same-key", REQUEST, overtaken, at=clock.now())
    assert not type(account).objects.filter(username="loser").exists()
    assert KeptAnswer.objects.count() == 1


KEY: dict[str, bytes] = {}
