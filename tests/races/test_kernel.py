"""Many hands on the kernel's own counters and clocks."""

from functools import partial

from django.db import transaction

from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import clock, notify, outbox
from huizhen.kernel.flow.models import Case, CaseEvent
from huizhen.kernel.flow.sweep import sweep_all
from huizhen.kernel.notify.models import Notification
from tests.house.flow_worlds import errand_world
from tests.races.hands import refusals, together

HANDS = 6


def test_numbers_of_cases_opened_at_once_are_unique(transactional_db):
    outcomes = together(*[partial(errand_world, "placed", None)] * HANDS)
    assert refusals(outcomes) == []
    assert len(set(Case.objects.values_list("number", flat=True))) == HANDS


def test_two_sweeps_tell_each_late_case_once(cast):
    cases = [make.submitted(cast).case_id for _case in range(5)]
    at = cast.later(hours=3)
    assert sum(together(*[partial(sweep_all, at)] * 3)) == len(cases)
    late = CaseEvent.objects.filter(kind="consult.joint.late").values_list("case_id", flat=True)
    assert sorted(late) == sorted(cases)


def test_jobs_taken_by_two_workers_tell_everybody_once(cast):
    make.submitted(cast)
    together(*[partial(outbox.run_pending, cast.at)] * 3)
    told = list(Notification.objects.values_list("account_id", "key"))
    assert len(told) == len(set(told)) > 0


def test_the_same_notification_by_many_hands_is_told_once(cast):
    def tell():
        with transaction.atomic():
            return notify.tell(
                "consult.joint.late", [cast.applicant.id], key="once", at=cast.at,
                context={"number": "J-1", "state": "已提交", "link": "/cases/1", "flow": "网络会诊"},
            )  # fmt: skip

    assert sum(together(*[tell] * HANDS)) == 1
    assert Notification.objects.filter(key="once").count() == 1


def test_a_job_stored_once_by_many_hands_waits_once(own_jobs, transactional_db):
    @outbox.task("example.by_many")
    def by_many():
        """Nothing: only how many of it wait is looked at."""

    def store():
        with transaction.atomic():
            outbox.defer_once("example.by_many", lock="example.by_many")

    assert refusals(together(*[store] * HANDS)) == []
    assert outbox.run_pending(clock.now()) == 1
