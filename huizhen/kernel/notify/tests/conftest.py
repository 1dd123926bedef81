from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction

from huizhen.kernel import clock, notify, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.fakes import Simulators
from huizhen.kernel.notify.kinds import KINDS
from huizhen.people.organisations import directory
from huizhen.people.tests.builders import make_account

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
PHONE, OTHER_PHONE = "13800138000", "13900139000"


@pytest.fixture
def fakes(settings):
    """The simulators, running, with the product pointed at them."""
    with Simulators() as running:
        settings.SMS_ENDPOINT = running.url
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.mail_port
        yield running


@pytest.fixture
def kinds():
    """Kinds of this test only."""
    before = dict(KINDS)
    yield KINDS
    KINDS.clear()
    KINDS.update(before)


@pytest.fixture
def day():
    """A travelling clock that begins on Monday at nine."""
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


class Story:
    """Somebody to be told things, and the passing of time."""

    def __init__(self, fakes, day):
        directory.install()
        self.fakes, self.desk, self.day = fakes, fakes.desk, day
        self.anna = make_account("安", phone=PHONE, email="anna@example.org").id
        self.bela = make_account("白", phone=OTHER_PHONE).id
        self.actor = Actor(self.anna, "安")

    def tell(self, key="k1", *, who=None, kind="test.moved", urgency="normal", **context):
        context = {"number": "J-0000-0042-X", "state": "资料已收到", "link": "/consult/joint/1", **context}
        with transaction.atomic():
            return notify.tell(
                kind, who or [self.anna], key=key, context=context, urgency=urgency, at=clock.now()
            )  # fmt: skip

    def pass_time(self, **length):
        """Let time pass, a minute at a time as the worker would see it, and run what falls due."""
        until = clock.now() + timedelta(**length)
        outbox.run_pending(clock.now())
        while clock.now() < until:
            self.day.move_to(min(until, clock.now() + timedelta(minutes=1)))
            outbox.run_pending(clock.now())

    def outcomes(self, case):
        return [(a.channel, a.outcome, a.code) for a in notify.list_attempts(case)]


@pytest.fixture
def story(db, fakes, kinds, day):
    notify.register(
        "test.moved",
        title="会诊%(number)s:%(state)s",
        body="您的会诊 %(number)s 现在是“%(state)s”。",
        ladder={"normal": ("sms", "email"), "urgent": ("sms", "email")},
    )
    notify.register("test.quiet", title="t", body="b %(due)s", ladder=())
    notify.register("test.robots", title="预警 %(number)s", body="请处理 %(number)s", ladder=("wecom", "sms"))
    return Story(fakes, day)
