"""A mixed tube on its page: what is not negative is released to nobody, and a wrong negative is taken back."""

from uuid import uuid4

import pytest
import time_machine

from huizhen.console.lab.tests.test_pages import enter
from huizhen.lab.results import actions as results
from huizhen.lab.results.models import Observation, Released
from huizhen.lab.tests.builders import AT, make_lab, reading
from huizhen.people.accounts.tests.people import fresh_cache

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def lab():
    with time_machine.travel(AT, tick=False):
        yield make_lab()


def take(lab, *lines):
    return results.take(lines, message_id=uuid4(), instrument_id=None, laboratory_id=lab.laboratory.id, at=AT)


def findings():
    return sorted(Released.objects.values_list("version", "finding").distinct())


def retests(lab):
    return enter(lab.collector).get("/lab/retests/").content.decode()


def test_a_negative_corrected_to_positive_is_taken_back_on_the_page_and_its_persons_are_called(lab):
    tube = lab.collect(5)
    [old] = take(lab, reading(tube, "Negative")).observations
    client, page = enter(lab.bench), f"/lab/tubes/{tube.barcode}/"
    given = {"value": "Positive", "reason": "plates swapped"}
    said = client.post(f"/lab/results/{old.id}/correct/", given, follow=True).content.decode()
    assert "Taken back from everybody in this tube; each of them is tested alone." in said
    assert findings() == [(1, 1), (2, 90)]
    assert tube.barcode in retests(lab)
    kept = Observation.objects.get(status="withheld")
    assert client.post(f"/lab/results/{kept.id}/release/").url == page
    assert findings() == [(1, 1), (2, 90)]
    assert "/correct/" not in said
    chinese = enter(lab.second, "zh-hans").post(f"/lab/results/{kept.id}/release/", follow=True).content.decode()
    assert "这个结果已经不在待审核状态了。" in chinese


def test_a_positive_after_a_released_negative_offers_to_take_that_back(lab):
    tube = lab.collect(5)
    [old] = take(lab, reading(tube, "Negative")).observations
    [new] = take(lab, reading(tube, "Positive")).observations
    client = enter(lab.bench)
    page = client.get(f"/lab/tubes/{tube.barcode}/").content.decode()
    assert (f"/lab/results/{old.id}/withdraw/" in page, f"/lab/results/{new.id}/release/" in page) == (True, False)
    client.post(f"/lab/results/{new.id}/release/")
    assert findings() == [(1, 1)]
    client.post(f"/lab/results/{old.id}/withdraw/", {"reason": "not so"})
    assert (findings(), tube.barcode in retests(lab)) == ([(1, 1), (3, 90)], True)


def test_what_cannot_be_read_of_a_mixed_tube_is_refused_in_words(lab):
    [row] = take(lab, reading(lab.collect(5), "see comment")).observations
    said = enter(lab.bench).post(f"/lab/results/{row.id}/release/", follow=True).content.decode()
    assert "What is not negative of a mixed tube is released to nobody" in said
    assert findings() == []
