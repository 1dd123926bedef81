"""Many hands telling and delivering at once, on the real database."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, transaction

from huizhen.kernel import clock, notify
from huizhen.kernel.notify import budget, delivering
from huizhen.kernel.notify.models import Delivery, Notification, Spending
from huizhen.people.organisations import directory
from huizhen.people.tests.builders import make_account

HANDS = 6


def at_once(function, times):
    def run(number):
        try:
            return function(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(run, range(times)))


@pytest.fixture
def anna(transactional_db, fakes, kinds):
    directory.install()
    notify.register("test.moved", title="%(number)s", body="%(state)s", ladder=("sms",))
    return make_account("安", phone="13800138000").id


def tell(anna, key, case, urgency="normal"):
    context = {"number": "J-1", "state": "x", "case": case}
    with transaction.atomic():
        return notify.tell("test.moved", [anna], key=key, context=context, urgency=urgency, at=clock.now())


def test_the_same_thing_told_by_many_is_told_once(anna):
    case = uuid4()
    assert sum(at_once(lambda _: tell(anna, "same", case), 12)) == 1
    assert (Notification.objects.count(), Delivery.objects.count()) == (1, 1)


def test_many_things_about_one_case_share_one_bundle(anna):
    case = uuid4()
    assert sum(at_once(lambda number: tell(anna, f"k{number}", case), 12)) == 12
    assert Delivery.objects.get().notifications.count() == 12


def test_a_delivery_run_by_many_workers_sends_once(anna, fakes):
    tell(anna, "k", uuid4(), urgency="urgent")
    delivery = Delivery.objects.get()
    at_once(lambda _: delivering.deliver(delivery.id, clock.now()), 12)
    assert len(fakes.desk.received("sms")) == 1


def test_a_budget_is_not_overdrawn(anna, settings):
    at = clock.now()
    granted = at_once(lambda _: budget.spend("sms", "account:1", "urgent", at), settings.SMS_PER_DAY * 3)
    assert sum(granted) == settings.SMS_PER_DAY == Spending.objects.get().used
