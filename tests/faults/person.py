"""Somebody at work inside a started Huizhen: a process of its own that does what it is told, line by line, in JSON.

`{"do": "accept"}` does a step of the journey. With `"hold": true` the step is done but not committed until the next
line comes: whatever is killed meanwhile is killed in the middle of the act.
"""

import json
import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")

import django

django.setup()

from django.db import connection, transaction

from huizhen.config import wiring
from huizhen.consult.joint import actions
from huizhen.consult.joint.models import Invitation, Report
from huizhen.consult.joint.report import chosen
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import clock
from huizhen.kernel.flow.models import Case, CaseEvent
from huizhen.kernel.notify.models import Notification
from huizhen.kernel.outbox.rescue import rescue
from huizhen.people.accounts.queries import demo_secret, get_demo_code
from huizhen.people.accounts.tests.people import enrol

STALE = """
    UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'
    WHERE id IN (SELECT worker_id FROM procrastinate_jobs WHERE status = 'doing')
"""
UNDONE = "SELECT status::text, task_name, args FROM procrastinate_jobs WHERE status <> 'succeeded' AND id > %s"
WORK = "AND task_name NOT IN ('flow.sweep', 'audit.seal', 'notify.sweep', 'outbox.rescue', 'notify.deliver')"


class Journey:
    """One consultation and its people; each method without an underscore is a step."""

    def meet(self) -> str:
        """Make everybody; the applicant gets a second factor."""
        chosen.get_demonstration_ca().make(at=clock.now())
        self.cast = make.make_cast(None)
        enrol(self.cast.applicant)
        self.wanted = make.wanted(self.cast)
        return self.cast.applicant.username

    def submit(self) -> str:
        self.case_id = actions.submit(self._actor("applicant"), self.wanted, at=clock.now()).case_id
        return str(self.case_id)

    def accept(self) -> None:
        self._move("accept_material")

    def assign(self) -> None:
        self._move("start_assigning")

    def invite(self) -> None:
        experts = [expert.id for expert in self.cast.experts]
        actions.invite(self._actor("coordinator"), self.case_id, experts, at=clock.now())

    def answer(self, number: int) -> None:
        expert = self.cast.experts[number]
        invitation = Invitation.objects.get(application__case_id=self.case_id, expert=expert)
        actions.answer(self.cast.actor(expert), invitation.id, accepts=True, at=clock.now())

    def chair(self) -> None:
        invitation = Invitation.objects.get(application__case_id=self.case_id, expert=self.cast.experts[0])
        actions.name_chair(self._actor("coordinator"), self.case_id, invitation.id, at=clock.now())

    def review(self) -> None:
        self._move("start_review")

    def sign(self, number: int) -> None:
        expert = self.cast.actor(self.cast.experts[number])
        fields = actions.OpinionFields("右肺上叶磨玻璃结节。", "考虑早期肺癌可能。", "建议胸外科手术。")
        actions.save_opinion(expert, self.case_id, fields, at=clock.now())
        actions.sign_opinion(expert, self.case_id, at=clock.now())

    def approve(self) -> None:
        actions.approve_report(self.cast.actor(self.cast.experts[0]), self.case_id, at=clock.now())

    def lock(self) -> None:
        """Keep the case busy; told to hold, whoever else wants it waits."""
        Case.objects.select_for_update().get(id=self.case_id)

    def code(self) -> str:
        """The six digits on the applicant's second factor."""
        assert demo_secret(self.cast.applicant.username)
        return get_demo_code(self.cast.applicant.username, at=clock.now())

    def waiting(self) -> int:
        """How many wait for a lock."""
        return self._ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")[0][0]

    def issuing(self) -> int:
        """How many workers make a report now."""
        return self._ask(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND args->>'handler' LIKE '%%:issue'"
        )[0][0]

    def rescue(self) -> None:
        """What the clock does half a minute after a worker died, now."""
        with connection.cursor() as cursor:
            cursor.execute(STALE)
        rescue.func(0)

    def facts(self) -> dict[str, Any]:
        """What the database holds about the journey."""
        case = Case.objects.get(id=self.case_id)
        kinds = CaseEvent.objects.filter(case=case).order_by("number").values_list("kind", flat=True)
        told = Notification.objects.filter(account=self.cast.patient_account).values_list("kind", flat=True)
        return {
            "state": case.state, "version": case.version, "cases": Case.objects.count(),
            "events": [kind.removeprefix("consult.joint.") for kind in kinds],
            "told": sorted(kind.removeprefix("consult.joint.") for kind in told),
            "reports": Report.objects.filter(application__case=case).exclude(file=None).count(),
            "undone": [str(row) for row in self._ask(f"{UNDONE} {WORK}", 0)],
        }  # fmt: skip

    def _move(self, name: str) -> None:
        actions.make_move(self._actor("coordinator"), self.case_id, name, at=clock.now())

    def _actor(self, name: str) -> Any:
        return self.cast.actor(getattr(self.cast, name))

    def _ask(self, statement: str, *values: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall()


def say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def obey(journey: Journey, order: dict[str, Any]) -> Any:
    """Do one step; held, it is committed only when the next line comes."""
    step = getattr(journey, order["do"])
    if not order.get("hold"):
        return step(*order.get("with", ()))
    with transaction.atomic():
        done = step(*order.get("with", ()))
        say(held=True)
        sys.stdin.readline()
    return done


def main() -> None:
    """Obey until there is nothing more to do."""
    wiring.connect()
    journey = Journey()
    say(ready=True)
    for line in iter(sys.stdin.readline, ""):
        try:
            say(done=obey(journey, json.loads(line)))
        except Exception as error:  # noqa: BLE001 - the test decides what it means
            say(error=f"{type(error).__name__}: {error}")
        finally:
            connection.close()


if __name__ == "__main__":
    main()
