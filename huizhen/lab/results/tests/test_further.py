"""The same value once more: a repeat, a new run after a rejection, or the final one of a preliminary."""

from datetime import timedelta
from uuid import uuid4

import pytest

from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.instruments.readings import Status
from huizhen.lab.results import actions, queries
from huizhen.lab.results.models import Observation, Released
from huizhen.lab.tests.builders import AT, LATER, control, reading

pytestmark = pytest.mark.django_db
EARLY = {"status": Status.PRELIMINARY}


def reject(lab, row):
    actions.reject(row.id, reason="swapped", actor=lab.bench, at=LATER)


def reviewed(lab):
    return [row.id for row in queries.list_for_review([lab.laboratory.id])]


def open_kinds(at):
    exceptions.look(at=at)
    return set(Trouble.objects.filter(closed_at=None).values_list("kind", flat=True))


@pytest.mark.parametrize(("value", "test", "panel"), [("Positive", "NCOV", "NCOV"), ("900", "HGB", "CBC")])
def test_the_same_value_of_a_new_run_after_a_rejection_is_looked_at_and_the_case_ends(lab, value, test, panel):
    tube = lab.collect(panel=panel)
    [first] = lab.take(reading(tube, value, test))
    assert lab.take(reading(tube, value, test)) == []
    reject(lab, first)
    assert "not_released" in open_kinds(LATER + timedelta(hours=9))
    [again] = lab.take(reading(tube, value, test), at=LATER + timedelta(hours=9))
    assert (again.version, again.status, again.reasons[-1]) == (2, "review", "rejected_before")
    assert reviewed(lab) == [again.id]
    assert "not_released" not in open_kinds(LATER + timedelta(hours=9))
    actions.release(again.id, actor=lab.bench, at=LATER)
    assert Released.objects.count() == 1


def test_a_rejected_value_in_order_is_not_released_by_rules_when_it_comes_again(lab):
    tube = lab.collect()
    [first] = lab.take(control("NC-1", "Detected"), reading(tube, "Negative", status=Status.PRELIMINARY))
    reject(lab, first)
    [again] = lab.take(reading(tube, "Negative"))
    assert (again.status, again.reasons) == ("review", ["rejected_before"])


def test_what_was_rejected_and_is_only_sent_or_read_once_more_is_no_new_run(lab):
    tube, message = lab.collect(), uuid4()
    given = {"instrument_id": None, "at": LATER}
    line = reading(tube, "Positive", measured_at=AT + timedelta(hours=1))
    [first] = actions.take([line], message_id=message, **given).observations
    reject(lab, first)
    heard = actions.Heard(message, (line,))
    assert actions.take_batch([heard], at=LATER, anew=True).observations == []
    assert actions.take([line], message_id=uuid4(), **given).observations == []
    later = reading(tube, "Positive", measured_at=AT + timedelta(hours=2))
    assert len(actions.take([later], message_id=uuid4(), **given).observations) == 1


def test_the_final_value_takes_the_place_of_the_same_preliminary_one(lab):
    tube = lab.collect(panel="CBC")
    [early] = lab.take(reading(tube, "200", "PLT", **EARLY))
    assert lab.take(reading(tube, "200", "PLT", **EARLY)) == []
    [final] = lab.take(reading(tube, "200", "PLT"))
    assert (early.status, final.version, final.status, final.reasons) == ("review", 2, "released", [])
    assert reviewed(lab) == []
    tube.refresh_from_db()
    assert tube.released_at == LATER
    assert lab.take(reading(tube, "200", "PLT"), reading(tube, "200", "PLT", **EARLY)) == []


def test_a_final_value_does_not_settle_what_stands_against_another(lab):
    tube = lab.collect()
    [told] = lab.take(reading(tube, "Positive"))
    actions.release(told.id, actor=lab.bench, at=LATER)
    [early] = lab.take(reading(tube, "Negative", **EARLY))
    [final] = lab.take(reading(tube, "Negative"))
    assert (early.reasons, final.status, final.reasons) == (["preliminary", "conflict"], "review", ["conflict"])
    assert list(Released.objects.values_list("finding", flat=True)) == [2]


def test_a_value_that_replaced_another_leaves_nothing_waiting(lab):
    tube = lab.collect()
    [first] = lab.take(reading(tube, "Positive"))
    [second] = lab.take(reading(tube, "可疑"))
    assert reviewed(lab) == [second.id]
    actions.release(second.id, actor=lab.bench, at=LATER)
    tube.refresh_from_db()
    assert (Observation.objects.get(id=first.id).status, tube.released_at) == ("review", LATER)
