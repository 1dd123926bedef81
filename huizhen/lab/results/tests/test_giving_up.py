"""A tube given up takes its waiting values with it: as their next state, told to whoever waits."""

import pytest

from huizhen.kernel import outbox
from huizhen.kernel.notify.models import Notification
from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.refused import Refused
from huizhen.lab.results import actions
from huizhen.lab.results.models import Held, Observation, Released
from huizhen.lab.tests.builders import LATER, reading
from huizhen.people.tests.builders import make_member

pytestmark = pytest.mark.django_db


def found():
    """What the observations say."""
    return [(row.value, row.finding, row.version, row.reasons) for row in Observation.objects.order_by("ordinal")]


def told():
    outbox.run_pending(LATER)
    rows = Notification.objects.filter(kind__startswith="lab.results.")
    return sorted(rows.values_list("kind", "account_id"), key=str)


def test_what_waits_is_rejected_and_what_was_released_stays(lab):
    doctor = make_member("applicant", lab.home).account
    tube = lab.collect(panel="CBC", doctor=str(doctor.id))
    lab.take(reading(tube, "131", "HGB"), reading(tube, "9999", "PLT"), reading(tube, "0.2", "WBC"))
    exceptions.look(at=LATER)
    given_ = {"actor": lab.bench, "at": LATER}
    with pytest.raises(Refused, match="missing"):
        actions.give_up(tube.id, reason=" ", **given_)
    before = found()
    for _ in range(2):
        actions.give_up(tube.id, reason="clotted", **given_)
    assert found() == before
    rows = list(Observation.objects.order_by("ordinal"))
    assert [row.status for row in rows] == ["released", "rejected", "rejected"]
    assert [row.decided_by_id for row in rows] == [None, lab.bench.account_id, lab.bench.account_id]
    assert Released.objects.count() == 1
    with pytest.raises(Refused, match="not_in_review"):
        actions.release(rows[1].id, **given_)
    exceptions.look(at=LATER)
    assert not Trouble.objects.filter(closed_at=None).exists()
    assert told() == sorted([
        ("lab.results.critical", doctor.id), ("lab.results.given_up", doctor.id),
        ("lab.results.given_up", lab.collector.account_id),
    ], key=str)  # fmt: skip
    lab.take(reading(tube, "250", "PLT"))
    assert Held.objects.get().kind == "voided"


def test_a_withheld_mixed_tube_is_rejected_and_its_re_tests_remain(lab):
    pool = lab.collect(5)
    lab.take(reading(pool, "Positive"))
    actions.give_up(pool.id, reason="spilt", actor=lab.bench, at=LATER)
    assert Observation.objects.get().status == "rejected"
    assert pool.retests.count() == 5
    done = lab.collect()
    lab.take(reading(done, "Negative"))
    with pytest.raises(Refused, match="released_already"):
        actions.give_up(done.id, reason="late", actor=lab.bench, at=LATER)


def test_a_rejected_critical_value_is_taken_back_from_the_doctor_who_was_called(lab):
    doctor = make_member("applicant", lab.home).account
    tube = lab.collect(panel="CBC", doctor=str(doctor.id))
    [row] = lab.take(reading(tube, "45", "HGB"))
    actions.reject(row.id, reason="diluted", actor=lab.bench, at=LATER)
    assert told() == [("lab.results.critical", doctor.id), ("lab.results.critical_rejected", doctor.id)]
