"""What each status of a platform means: only 400 and 422 are the content's fault."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
import time_machine

from huizhen.kernel import clock
from huizhen.kernel.access import NotAllowed
from huizhen.kernel.audit.models import AuditEntry
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.reporting import access, actions, rules, sending
from huizhen.lab.reporting.fakes import Mood, Platform
from huizhen.lab.reporting.models import Batch, Shut
from huizhen.lab.reporting.ports import Answer, HttpReceiver, Outcome
from huizhen.lab.reporting.tests.test_reporting import drain, make_upstream, ours, release
from huizhen.lab.tests.builders import AT, make_lab
from huizhen.people.accounts.queries import get_actor
from huizhen.people.tests.builders import make_member

pytestmark = pytest.mark.django_db
LATER = {"Retry-After": "120"}
MEANS = [
    (400, "refused_whole", ""), (422, "refused_whole", ""), (413, "too_large", ""),
    (408, "busy", ""), (425, "busy", ""), (429, "busy", ""), (503, "busy", ""),
    (401, "shut", "password"), (402, "shut", "password"), (403, "shut", "password"), (407, "shut", "password"),
    (404, "shut", "address"), (405, "shut", "address"), (410, "shut", "address"), (301, "shut", "address"),
    (308, "shut", "address"), (406, "shut", "request"), (415, "shut", "request"), (426, "shut", "request"),
    (409, "unknown", ""), (302, "unknown", ""), (303, "unknown", ""), (500, "unknown", ""), (502, "unknown", ""),
    (504, "unknown", ""), (204, "unknown", ""),
]  # fmt: skip


def receiver(status: int, headers: dict[str, str] | None = None) -> HttpReceiver:
    """A platform at the other end of the line that always says this."""
    line = httpx.MockTransport(lambda _request: httpx.Response(status, headers=headers))
    return HttpReceiver("http://platform.test/batches", client=httpx.Client(transport=line))


@pytest.mark.parametrize(("status", "outcome", "why"), MEANS)
def test_each_status_of_an_answer_to_a_batch(status, outcome, why):
    answer = receiver(status, LATER).send(uuid4(), b"", "text/plain")
    assert (answer.outcome, answer.why, answer.wait) == (outcome, why, 120 if outcome == "busy" else 0)
    assert answer.why in {"", *Shut.values}
    assert answer.detail == ("unreadable answer" if status == 204 else f"HTTP {status}")


@pytest.mark.parametrize("status", [status for status, _outcome, _why in MEANS])
def test_a_question_frees_a_batch_only_where_it_is_not_known(status):
    outcome = receiver(status).ask(uuid4()).outcome
    assert outcome == (Outcome.NEVER_HEARD if status == 404 else Outcome.UNKNOWN)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("", 0), ("soon", 0), ("30", 30), ("-5", 0), ("Sun, 22 Nov 2026 08:10:00 GMT", 600),
     ("Sun, 22 Nov 2020 08:00:00 GMT", 0), ("Sun, 22 Nov 2026 08:10:00", 0)],
)  # fmt: skip
def test_how_long_to_wait_is_read_as_seconds_or_as_a_date(said, seconds):
    with time_machine.travel("2026-11-22T08:00:00Z", tick=False):
        assert receiver(429, {"Retry-After": said}).send(uuid4(), b"", "text/plain").wait == seconds


def test_a_wait_of_years_is_not_believed():
    assert rules.pause(0, 10**12) == rules.LONGEST_WAIT


@pytest.mark.parametrize("status", [401, 404])
def test_who_does_not_let_us_in_gets_nothing_more_and_is_one_case(status):
    with time_machine.travel(AT, tick=False) as travel:
        lab, platform = make_lab(), Platform()
        upstream = make_upstream(lab)
        release(lab, tubes=2, persons=5)
        for _minute in range(60):
            sending.catch_up(upstream, receiver(status))
            actions.report_shut([type(upstream).objects.get()], at=clock.now())
            travel.shift(timedelta(minutes=1))
        trouble = Trouble.objects.get()
        assert (trouble.kind, trouble.reference, trouble.case.state) == ("platform_shut", upstream.id, "open")
        assert trouble.case.team_organisation_id == upstream.organisation_id
        assert (len(ours("waiting")), Batch.objects.count()) == (10, 6), "tried every ten minutes"
        assert set(Batch.objects.order_by("sent_at").values_list("size", flat=True)[1:]) == {1}, "with one result"
        drain(upstream, platform, travel)
        assert (ours(), platform.duplicates) == (set(platform.accepted), 0)
        trouble.refresh_from_db()
        assert (trouble.case.state, trouble.closed_by) == ("solved", None)
        upstream.refresh_from_db()
        assert (upstream.shut_since, upstream.shut_why) == (None, "")


def test_when_it_is_mended_one_click_sends_on_and_the_case_closes():
    with time_machine.travel(AT, tick=False) as travel:
        lab, platform = make_lab(), Platform()
        upstream = make_upstream(lab)
        release(lab, tubes=2, persons=5)
        platform.moods.append(Mood.SHUT)
        assert sending.catch_up(upstream, platform) == 10
        travel.shift(timedelta(seconds=5))
        assert sending.catch_up(upstream, platform) == 0
        collector = get_actor(make_member("collector", lab.laboratory).account)
        with pytest.raises(NotAllowed):
            access.access_try(collector, upstream.id)
        actions.try_now(access.access_try(lab.bench, upstream.id), actor=lab.bench, at=clock.now())
        assert AuditEntry.objects.filter(action="lab.reporting.tried_now").count() == 1
        assert sending.catch_up(upstream, platform) == 10
        assert [len(ours()), Trouble.objects.get().case.state] == [10, "solved"]


def test_an_old_batch_that_is_answered_does_not_say_that_we_are_let_in():
    lab, platform = make_lab(), Platform()
    upstream = make_upstream(lab)
    release(lab, tubes=1, persons=2)
    old, new = (actions.claim(upstream.id, at=AT, limit=1) for _ in range(2))
    actions.settle(new.id, Answer(Outcome.SHUT, why="password"), at=AT + timedelta(seconds=1))
    actions.settle(old.id, Answer(Outcome.ANSWERED), at=AT + timedelta(seconds=2))
    upstream.refresh_from_db()
    assert (upstream.shut_why, Trouble.objects.get().case.state) == ("password", "open")
    assert sending.send_next(upstream, platform, at=AT + timedelta(seconds=3)) == 0


def test_a_batch_that_is_too_large_is_halved_and_nothing_in_it_is_blamed():
    with time_machine.travel(AT, tick=False) as travel:
        lab, platform = make_lab(), Platform()
        upstream = make_upstream(lab)
        release(lab, tubes=2, persons=4)
        platform.moods.extend([Mood.TOO_LARGE, Mood.TOO_LARGE])
        sending.catch_up(upstream, platform)
        assert sorted(Batch.objects.values_list("size", flat=True)) == [2, 2, 4, 4, 8]
        assert (len(ours()), ours("refused"), Trouble.objects.count()) == (8, set(), 0)
        release(lab, tubes=1, persons=1)
        platform.moods.append(Mood.TOO_LARGE)
        sending.catch_up(upstream, platform)
        upstream.refresh_from_db()
        assert (upstream.shut_why, Trouble.objects.get().kind) == ("size", "platform_shut")
        drain(upstream, platform, travel)
        assert len(ours()) == 9
