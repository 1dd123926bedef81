"""Every job of a whole consultation once more, days later: nothing is added, nothing changes, nobody is told twice."""

import json

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from procrastinate.contrib.django import app

from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import outbox
from huizhen.kernel.fakes import Simulators

pytestmark = pytest.mark.django_db
DONE = "SELECT task_name, args FROM procrastinate_jobs WHERE status = 'succeeded' ORDER BY id"
MODULES = ("kernel", "records", "consult")
# What the first run leaves for later: messages that go out together a minute after the news, or after the night.
SETTLED = {"hours": 24}


def everything() -> dict[str, list]:
    """All rows of the kernel, the records and the consultation; reads that leave an audit entry are no harm."""
    tables = [model for module in MODULES for model in apps.get_app_config(module).get_models()]
    return {
        model.__name__: sorted(map(str, model._default_manager.values_list()))
        for model in tables
        if model._meta.managed and model.__name__ not in ("AuditEntry", "AuditSeal")
    }


def jobs_done() -> list[tuple[str, dict]]:
    """The jobs that have run, in order."""
    with connection.cursor() as cursor:
        cursor.execute(DONE)
        return [(name, json.loads(arguments)) for name, arguments in cursor.fetchall()]


def test_every_job_of_a_consultation_may_run_twice(db, signing, settings):
    with Simulators() as phones, time_machine.travel(make.MONDAY, tick=False) as travel:
        settings.SMS_ENDPOINT = phones.url
        cast = make.make_cast(travel)
        make.delivered(cast)
        outbox.run_pending(cast.later(**SETTLED))
        jobs = jobs_done()
        handlers = {args["handler"] for name, args in jobs if name == "outbox.handle"}
        assert any(handler.endswith(":issue") for handler in handlers)
        before, rang = everything(), len(phones.desk.received())

        cast.later(days=2)
        for name, arguments in jobs:
            app.tasks[name].func(**arguments)
        outbox.run_pending(cast.at)

        after = everything()
        assert len(phones.desk.received()) == rang
        assert {name: (len(before[name]), len(after[name])) for name in before if before[name] != after[name]} == {}
