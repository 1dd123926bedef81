"""Somebody who knows a started Huizhen from inside: a process of its own that is told what to do, line by line, in JSON.

It makes the people of a consultation, and says afterwards what the database holds. The consultation itself goes over
HTTP, see `test_journey.py`.
"""

import json
import os
import sys
from collections import Counter
from dataclasses import asdict
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")

import django

django.setup()

from django.db import connection
from procrastinate.contrib.django import app

from huizhen.api.tests.clients import token_for
from huizhen.config import wiring
from huizhen.consult.joint.models import Report
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel.flow.models import Case, CaseEvent
from huizhen.kernel.notify.models import Notification
from huizhen.kernel.outbox.rescue import rescue
from huizhen.people.accounts.tests.people import enrol

STALE = """
    UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'
    WHERE id IN (SELECT worker_id FROM procrastinate_jobs WHERE status = 'doing')
"""
# Periodic work and the ringing of phones go on for ever; what the consultation caused must come to an end.
UNDONE = """
    SELECT status::text, task_name, args::text FROM procrastinate_jobs
    WHERE status <> 'succeeded' AND task_name <> ALL(%s)
"""
GOES_ON = ["notify.deliver", *(name for name, _place in app.periodic_registry.periodic_tasks)]


class Journey:
    """The people of one consultation, and what is known of it."""

    def meet(self) -> dict[str, Any]:
        """Make everybody and log them in; returns their tokens and keys, and the application to be sent."""
        self.cast = cast = make.make_cast(None)
        staff = {"applicant": cast.applicant, "coordinator": cast.coordinator}
        staff |= {f"expert-{number}": expert for number, expert in enumerate(cast.experts)}
        application = asdict(make.wanted(cast))
        del application["sent_key"], application["urgent_why"]  # the address's own, and of pages only
        return {
            "tokens": {name: token_for(enrol(account)) for name, account in staff.items()},
            "experts": [expert.id for expert in cast.experts],
            "application": application,
        }

    def rescue(self) -> None:
        """What the clock does half a minute after a worker died, now."""
        with connection.cursor() as cursor:
            cursor.execute(STALE)
        rescue.func(0)

    def facts(self) -> dict[str, Any]:
        """What the database holds about the patient's only consultation."""
        cases = list(Case.objects.filter(patient_id=self.cast.patient.id))
        events = CaseEvent.objects.filter(case__in=cases).order_by("number").values_list("kind", flat=True)
        told = Notification.objects.filter(account=self.cast.patient_account).values_list("kind", flat=True)
        asked = Notification.objects.filter(kind="consult.joint.invited").values_list("account_id", flat=True)
        with connection.cursor() as cursor:
            cursor.execute(UNDONE, [GOES_ON])
            undone = cursor.fetchall()
        return {
            "cases": [(case.state, case.version) for case in cases],
            "events": [kind.removeprefix("consult.joint.") for kind in events],
            "told": [kind.removeprefix("consult.joint.") for kind in told],
            "asked": Counter(str(account_id) for account_id in asked),
            "reports": Report.objects.filter(application__case__in=cases).exclude(file=None).count(),
            "undone": undone,
        }


def say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Obey until there is nothing more to do."""
    wiring.connect()
    journey = Journey()
    say(ready=True)
    for line in iter(sys.stdin.readline, ""):
        try:
            say(done=getattr(journey, json.loads(line))())
        except Exception as error:  # noqa: BLE001 - the test decides what it means
            say(error=f"{type(error).__name__}: {error}")
        finally:
            connection.close()


if __name__ == "__main__":
    main()
