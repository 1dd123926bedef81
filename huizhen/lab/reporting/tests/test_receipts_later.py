"""An answer that does not name a result says nothing of it: the platform is asked, and nothing is sent again."""

from datetime import timedelta

import pytest
import time_machine

from huizhen.kernel import clock
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.reporting import actions, formats, queries, rules, sending
from huizhen.lab.reporting.fakes import Mood, Platform
from huizhen.lab.reporting.models import Batch, Delivery
from huizhen.lab.reporting.ports import Answer, Outcome, Receipt
from huizhen.lab.reporting.tests.test_reporting import drain, make_upstream, ours, release
from huizhen.lab.tests.builders import AT, make_lab

pytestmark = pytest.mark.django_db


class Counting(Platform):
    """Counts what is sent to it, and what it is asked."""

    sent = asked = 0

    def send(self, *batch):
        self.sent += 1
        return super().send(*batch)

    def ask(self, batch_id):
        self.asked += 1
        return super().ask(batch_id)


@pytest.mark.parametrize("killed", [False, True])
def test_receipts_that_come_later_are_waited_for(killed):
    with time_machine.travel(AT, tick=False) as travel:
        lab, platform = make_lab(), Counting()
        upstream = make_upstream(lab)
        release(lab, tubes=2, persons=5)
        platform.moods.extend([Mood.RECEIPTS_LATER, Mood.RECEIPTS_LATER])
        if killed:
            batch = actions.claim(upstream.id, at=AT)
            platform.send(batch.id, *formats.encode("fhir", batch.id, queries.list_reported(batch.id), at=AT))
            travel.shift(rules.ASK_AFTER)
        for _ in range(2):
            sending.catch_up(upstream, platform)
            travel.shift(rules.ASK_AGAIN)
        assert (Batch.objects.get().state, platform.sent, len(ours("waiting"))) == ("unknown", 1, 0)
        assert (len(ours()), len(ours("sending"))) == (5, 5)
        drain(upstream, platform, travel)
        assert ours() == set(platform.accepted)
        assert (platform.sent, platform.duplicates, Batch.objects.get().state) == (1, 0, "answered")


def test_a_platform_that_never_gives_receipts_is_asked_less_and_less_and_is_a_case():
    with time_machine.travel(AT, tick=False) as travel:
        lab, platform = make_lab(), Counting()
        upstream = make_upstream(lab)
        release(lab, tubes=1, persons=2)
        platform.moods.extend([Mood.RECEIPTS_LATER] * 1000)
        platform.take = lambda batch_id, *_, **__: platform.batches.setdefault(batch_id, {}) or Answer(Outcome.ANSWERED)
        for _second in range(0, 3 * 3600, 5):
            sending.catch_up(upstream, platform)
            travel.shift(timedelta(seconds=5))
        assert platform.sent == 1
        assert platform.asked < 30, "about every ten minutes, once it takes that long"
        assert actions.report_late([upstream], at=clock.now()) == 1
        assert Trouble.objects.get().kind == "not_reported"


def test_only_what_the_platform_says_it_does_not_have_is_sent_again_and_not_at_once():
    with time_machine.travel(AT, tick=False) as travel:
        lab, platform = make_lab(), Counting()
        upstream = make_upstream(lab)
        release(lab, tubes=2, persons=5)
        platform.moods.append(Mood.HALF)
        sending.catch_up(upstream, platform)
        assert (platform.sent, len(ours()), len(ours("waiting"))) == (1, 5, 5)
        drain(upstream, platform, travel)
        assert (ours(), platform.sent, platform.duplicates) == (set(platform.accepted), 2, 0)


def test_who_has_answered_for_some_of_a_batch_cannot_say_later_that_it_never_came():
    lab = make_lab()
    upstream = make_upstream(lab)
    release(lab, tubes=1, persons=2)
    batch = actions.claim(upstream.id, at=AT)
    one, other = sorted(ours("sending"))
    actions.settle(batch.id, Answer(Outcome.ANSWERED, {one: Receipt("accepted"), other: Receipt("pending")}), at=AT)
    batch = actions.settle(batch.id, Answer(Outcome.NEVER_HEARD), at=AT)
    assert (batch.state, ours("sending")) == ("unknown", {other})
    actions.settle(batch.id, Answer(Outcome.ANSWERED, {other: Receipt("unknown")}), at=AT)
    assert (Batch.objects.get().state, Delivery.objects.get(id=other).batch) == ("answered", None)
