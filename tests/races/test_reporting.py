"""Two operators at one platform that takes files by hand: each result in one file, and whoever was second is told."""

from huizhen.lab.refused import Refused
from huizhen.lab.reporting import actions
from huizhen.lab.reporting.models import Batch, Delivery, Upstream
from huizhen.lab.reporting.tests.test_reporting import release
from huizhen.lab.tests.builders import AT, make_lab
from tests.races.hands import refusals, together


def test_of_two_who_make_a_file_hand_it_in_and_answer_it_at_once_one_does_it():
    lab = make_lab()
    upstream = Upstream.objects.create(
        organisation=lab.laboratory, name="市平台", format="excel", way="hand", most_at_once=3
    )
    release(lab, tubes=1, persons=5)
    by = ({"actor": lab.bench, "at": AT}, {"actor": lab.second, "at": AT})

    def race(act, *given, **more):
        outcomes = together(*(lambda one=one: act(*given, **more, **one) for one in by))
        assert refusals(outcomes) == [Refused], outcomes

    race(actions.prepare, upstream, after=None)
    batch = Batch.objects.get()
    assert Delivery.objects.filter(batch=batch).count() == batch.size == 3
    first, second = together(*(lambda one=one: actions.download(batch, **one) for one in by))
    assert first == second
    race(actions.hand_in, batch, receipt="R", handed_at=AT)
    race(actions.take_answer, batch, {})
    assert Delivery.objects.filter(state="accepted").count() == 3
    other = actions.prepare(upstream, after=batch.id, **by[0])
    outcomes = together(
        lambda: actions.give_back(other, "torn", **by[0]), lambda: actions.prepare(upstream, after=other.id, **by[1])
    )
    held = Delivery.objects.exclude(batch=None).exclude(batch__state="answered")
    assert held.count() in (0, 2)
    assert held.values("batch").distinct().count() <= 1, outcomes
