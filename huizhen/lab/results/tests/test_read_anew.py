"""A message read anew by another profile: what it does not say any more is somebody's task, and controls are kept."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.exceptions import queries as known
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.results import actions
from huizhen.lab.results.models import ControlRun, Held, Observation, Unsaid
from huizhen.lab.tests.builders import LATER, control, failed, make_lab, reading

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab():
    return make_lab()


@pytest.fixture
def told(lab):
    """Have one message of the laboratory read, each time as given."""
    heard = actions.Heard(uuid4(), (), uuid4(), lab.laboratory.id)

    def tell(*readings, at=LATER):
        taken = actions.take_batch([replace(heard, readings=tuple(readings))], at=at, anew=True)
        exceptions.look(at=at)
        return taken

    return tell


def otherwise():
    return list(Trouble.objects.filter(kind="read_otherwise", closed_at=None))


def test_a_value_released_for_the_wrong_tube_is_a_case_that_names_both(lab, told):
    wrong, right = lab.collect(), lab.collect()
    [old] = told(reading(wrong, "Negative")).released
    assert otherwise() == []
    [new] = told(reading(right, "Negative")).released
    [trouble] = otherwise()
    assert (trouble.reference, trouble.barcode, trouble.case.state) == (old.id, wrong.barcode, "open")
    said = known.get_otherwise(trouble)
    assert (said["tube"], said["instead"], new.tube_id) == (wrong.barcode, [f"{right.barcode} · NCOV"], right.id)
    told(reading(right, "Negative"))
    assert (len(otherwise()), Unsaid.objects.count()) == (1, 1)
    actions.withdraw(old.id, reason="it was another tube", actor=lab.bench, at=LATER)
    exceptions.look(at=LATER)
    trouble.refresh_from_db()
    assert (otherwise(), trouble.case.state) == ([], "solved")


@pytest.mark.parametrize("now", [
    lambda tube: [], lambda tube: [reading("", "Negative")], lambda tube: [control(tube.barcode, "Negative")],
    lambda tube: [failed(tube)], lambda tube: [reading(tube, "3.5", "WBC")],
], ids=["nothing", "no specimen", "a control", "a failed run", "another item"])  # fmt: skip
def test_whatever_the_message_says_instead_the_value_is_found(lab, told, now):
    tube = lab.collect()
    told(reading(tube, "Negative"))
    told(*now(tube))
    [trouble] = otherwise()
    assert (trouble.reference, trouble.barcode) == (Observation.objects.get(item__code="NCOV").id, tube.barcode)


def test_what_is_said_again_is_no_trouble_any_more(lab, told):
    tube = lab.collect()
    told(reading(tube, "Negative"))
    told()
    assert len(otherwise()) == 1
    told(reading(tube, "Negative"))
    assert (otherwise(), Observation.objects.count()) == ([], 1)
    told()
    assert len(otherwise()) == 1


def test_what_somebody_closed_with_a_reason_stays_closed_until_it_is_read_anew_again(lab, told):
    tube = lab.collect()
    told(reading(tube, "Negative"))
    told()
    exceptions.make_move(otherwise()[0], "dismiss", reason="the tube was looked at", actor=lab.bench, at=LATER)
    exceptions.look(at=LATER)
    assert otherwise() == []


def test_another_value_of_the_same_tube_and_item_is_a_version_in_review(lab, told):
    tube = lab.collect()
    told(reading(tube, "Negative"))
    [row] = told(reading(tube, "Positive")).observations
    assert (row.version, row.status, "conflict" in row.reasons, otherwise()) == (2, "review", True, [])
    assert Trouble.objects.filter(kind="several_results", closed_at=None, reference=row.id).exists()


def test_what_waits_for_a_review_is_found_too_and_what_was_rejected_is_not(lab, told):
    first, second = lab.collect(), lab.collect()
    waiting, other = told(reading(first, "Positive"), reading(second, "Positive")).observations
    actions.reject(other.id, reason="swapped", actor=lab.bench, at=LATER)
    told()
    assert [one.reference for one in otherwise()] == [waiting.id]


def test_what_is_understood_as_a_control_only_now_is_one_of_the_time_when_it_came(lab, told):
    told(reading("NC-1", "Detected"), control("PC-1", "Positive"))
    assert (Held.objects.count(), ControlRun.objects.count()) == (1, 1)
    told(control("NC-1", "Detected"), control("PC-1", "Positive"), at=LATER + timedelta(hours=1))
    told(control("NC-1", "Detected"), control("PC-1", "Positive"), at=LATER + timedelta(hours=2))
    assert [(run.lot, run.at) for run in ControlRun.objects.order_by("lot")] == [("NC-1", LATER), ("PC-1", LATER)]
