"""What is not negative of a tube that holds several persons reaches none of them, whatever way it comes."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from huizhen.kernel import outbox
from huizhen.kernel.notify.models import Notification
from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.instruments.readings import Status
from huizhen.lab.refused import SENTENCES, Refused
from huizhen.lab.results import actions, queries
from huizhen.lab.results.models import Observation, Released
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.specimens.models import TestOrder, Tube
from huizhen.lab.specimens.pools import list_open_retests
from huizhen.lab.specimens.queries import list_tubes_at_bench, person_key
from huizhen.lab.tests.builders import AT, LATER, patients_of, reading
from huizhen.people.tests.builders import make_account, make_member
from huizhen.records.patients.models import Patient

pytestmark = pytest.mark.django_db
NOT_NEGATIVE = ("Positive", "可疑")


def seen(tube):
    """What each person finds, as findings: one list for each."""
    return [[row.finding for row in queries.list_released(person_key(one), AT)] for one in patients_of([tube])]


def waiting(lab):
    return list_open_retests([lab.home.id], [lab.laboratory.id]).count()


def refused(act, *args, **given):
    with pytest.raises(Refused) as caught:
        act(*args, **given)
    assert set(caught.value.errors.values()) <= SENTENCES.keys()
    return caught.value.errors


@pytest.mark.parametrize("value", NOT_NEGATIVE)
@pytest.mark.parametrize("how", [Status.FINAL, Status.CORRECTED, Status.PRELIMINARY])
def test_negative_and_then_not_is_withheld_and_everybody_is_tested_again(lab, value, how):
    tube = lab.collect(5)
    lab.take(reading(tube, "Negative"))
    [row] = lab.take(reading(tube, value, status=how))
    assert (row.version, row.status, row.reasons[-1]) == (2, "withheld", "conflict")
    assert refused(actions.release, row.id, actor=lab.bench, at=LATER) == {"status": "not_in_review"}
    assert (seen(tube), waiting(lab)) == ([[1]] * 5, 5)
    tube.refresh_from_db()
    assert tube.released_at is None
    exceptions.look(at=LATER)
    assert Trouble.objects.get().kind == "several_results"
    spent = {"reason": "spent", "actor": lab.bench, "at": LATER}
    assert refused(actions.give_up, tube.id, **spent) == {"tube": "released_already"}
    actions.withdraw(Observation.objects.get(version=1).id, reason="not so", actor=lab.bench, at=LATER)
    assert (seen(tube), waiting(lab)) == ([[90]] * 5, 5)
    assert queries.list_current(tube.id)[0].status == "withheld"
    exceptions.look(at=LATER)
    assert not Trouble.objects.filter(closed_at=None).exists()
    assert actions.give_up(tube.id, **spent).voided_at == LATER


def test_what_waits_for_a_review_and_is_not_negative_then_is_withheld(lab):
    tube = lab.collect(5)
    lab.take(reading(tube, "Negative", status=Status.PRELIMINARY))
    [row] = lab.take(reading(tube, "Positive"))
    assert (row.status, row.reasons, waiting(lab), seen(tube)) == ("withheld", ["positive"], 5, [[]] * 5)


@pytest.mark.parametrize("value", NOT_NEGATIVE)
def test_a_negative_that_is_corrected_is_taken_back_from_everybody(lab, value):
    doctor, family = make_member("applicant", lab.home).account, make_account()
    tube = lab.collect(5, doctor=str(doctor.id))
    Patient.objects.filter(id=patients_of([tube])[0]).update(account=family)
    [old] = lab.take(reading(tube, "Negative"))
    made = actions.correct(old.id, value=value, reason="plates swapped", actor=lab.bench, at=LATER)
    assert (made.version, made.status, made.correction) == (3, "withheld", "plates swapped")
    assert (seen(tube), waiting(lab)) == ([[90]] * 5, 5)
    assert list(Released.objects.order_by("version").values_list("finding", flat=True)) == [1] * 5 + [90] * 5
    outbox.run_pending(LATER)
    told = set(Notification.objects.values_list("kind", "account_id"))
    assert {("lab.results.withdrawn", doctor.id), ("lab.results.mine_changed", family.id)} <= told
    assert Notification.objects.filter(kind="lab.results.retest").exists()
    for row in Observation.objects.all():
        wrong = {"status": "not_latest"}
        assert refused(actions.correct, row.id, value="阴性", reason="x", actor=lab.bench, at=LATER) == wrong
        assert refused(actions.withdraw, row.id, reason="x", actor=lab.bench, at=LATER) == wrong
    assert refused(
        actions.print_report, tube, tube.persons.first().patient, language="en", actor=lab.bench, at=LATER
    ) == {"report": "nothing_released"}  # fmt: skip


def test_what_was_withdrawn_is_corrected_to_positive_and_stays_withheld(lab):
    tube = lab.collect(5)
    [old] = lab.take(reading(tube, "Negative"))
    gone = actions.withdraw(old.id, reason="swapped", actor=lab.bench, at=LATER)
    made = actions.correct(gone.id, value="Positive", reason="found", actor=lab.bench, at=LATER)
    assert (made.version, made.status, seen(tube), waiting(lab)) == (3, "withheld", [[90]] * 5, 5)


def test_what_came_since_is_not_corrected_away(lab):
    tube = lab.collect(5)
    [old] = lab.take(reading(tube, "Negative"))
    lab.take(reading(tube, "Positive"))
    given = {"reason": "x", "actor": lab.bench, "at": LATER}
    assert refused(actions.correct, old.id, value="Negative", **given) == {"status": "not_latest"}
    made = actions.correct(old.id, value="可疑", **given)
    assert (made.version, made.finding, made.status, seen(tube)) == (4, 3, "withheld", [[90]] * 5)


def test_single_tubes_that_were_mixed_are_tested_once_the_negative_is_taken_back(lab):
    singles = [lab.collect() for _ in range(3)]
    Tube.objects.filter(id__in=[one.id for one in singles]).update(received_at=AT)
    pool = specimens.mix_tubes(
        [lab.laboratory.id], barcode="POOL-0001", tubes=[one.barcode for one in singles], capacity=5, actor=lab.bench,
        at=AT,
    )  # fmt: skip
    [old] = lab.take(reading(pool, "Negative"))
    assert set(Tube.objects.values_list("released_at", flat=True)) == {LATER}
    later = LATER + timedelta(hours=1)
    actions.correct(old.id, value="Positive", reason="swapped", actor=lab.bench, at=later)
    assert set(Tube.objects.values_list("released_at", flat=True)) == {None}
    assert {one.barcode for one in list_tubes_at_bench([lab.laboratory.id])} == {one.barcode for one in singles}
    [single] = lab.take(reading(singles[0], "Negative"), at=later)
    assert (single.status, seen(singles[0])[0].count(1)) == ("released", 1)


def test_what_cannot_be_read_of_a_mixed_tube_is_not_released_either(lab):
    tube = lab.collect(5)
    [row] = lab.take(reading(tube, "see comment"))
    assert row.status == "review"
    assert refused(actions.release, row.id, actor=lab.bench, at=LATER) == {"status": "mixed_not_negative"}
    actions.reject(row.id, reason="unreadable", actor=lab.bench, at=LATER)
    assert seen(tube) == [[]] * 5


def test_the_database_releases_nothing_of_a_mixed_tube_but_what_is_negative(lab):
    tube, single = lab.collect(5), lab.collect()
    [row], [alone] = lab.take(reading(tube, "Positive")), lab.take(reading(single, "Positive"))
    with pytest.raises(IntegrityError, match="mixed tube"), transaction.atomic():
        Observation.objects.filter(id=row.id).update(status="released", released_at=LATER)
    with pytest.raises(IntegrityError, match="mixed tube"), transaction.atomic():
        Observation.objects.create(
            series=uuid4(), version=2, tube=tube, item_id=row.item_id, value="positive", finding=2, status="released",
            taken_at=LATER, released_at=LATER,
        )  # fmt: skip
    Observation.objects.filter(id=alone.id).update(status="released", released_at=LATER)
    assert TestOrder.objects.filter(because_of=tube).count() == 5
