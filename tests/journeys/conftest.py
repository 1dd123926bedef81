"""The stories' stage: a clock that travels, phones that ring in the simulator, jobs and sweep as the worker runs them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import translation

from huizhen.consult.joint import actions
from huizhen.consult.joint.flow import JOINT
from huizhen.consult.joint.models import Application, Invitation
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import files, outbox
from huizhen.kernel.fakes import Simulators
from huizhen.kernel.flow.models import Case, CaseDeadline, CaseEvent
from huizhen.kernel.flow.sentences import ACT_LABELS
from huizhen.kernel.flow.sweep import sweep_all
from huizhen.people.tests.builders import make_member
from huizhen.records.imaging.actions import start_import
from huizhen.records.imaging.models import ImagingStudy
from huizhen.records.imaging.tests.real import real
from huizhen.records.patients.access import access_patient
from huizhen.records.tests.builders import make_zip

PIECE = 16 * 1024
NEXT_JOB = "SELECT min(scheduled_at) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at > %s"


class Story:
    """People, their phones, and the passing of time; every act is the one a page or the API would call."""

    def __init__(self, cast: make.Cast, fakes: Simulators) -> None:
        self.cast, self.desk = cast, fakes.desk
        self.lead = make_member("team_lead", cast.platform, name="组长").account
        self.doctor, self.coordinator = cast.actor(cast.applicant), cast.actor(cast.coordinator)
        self.experts = [cast.actor(expert) for expert in cast.experts]
        self.patient = cast.actor(cast.patient_account)

    @property
    def at(self) -> datetime:
        return self.cast.at

    def wait(self, **length: float) -> None:
        """Let time pass as it does in the house: whatever falls due on the way is done at its own moment."""
        until = self.at + timedelta(**length)
        while True:
            sweep_all(self.at)
            outbox.run_pending(self.at)
            if self.at >= until:
                return
            self.cast.travel.move_to(min(until, *self._due_times()))

    def _due_times(self) -> list[datetime]:
        swept = (
            CaseDeadline.objects.filter(sweep_at__gt=self.at).order_by("sweep_at").values_list("sweep_at", flat=True)
        )
        with connection.cursor() as cursor:
            cursor.execute(NEXT_JOB, [self.at])
            scheduled = cursor.fetchone()[0]
        found = [moment for moment in (swept.first(), scheduled) if moment]
        return found or [datetime.max.replace(tzinfo=self.at.tzinfo)]

    def texts(self, account: Any) -> list[str]:
        """The messages on somebody's phone, oldest first."""
        return [post.text for post in self.desk.received("sms") if post.to[-11:] == account.phone[-11:]]

    def rang(self, account: Any, name: str) -> bool:
        """Whether somebody's phone rang for a move or another act of the case."""
        words = ACT_LABELS[name] if name in ACT_LABELS else JOINT.notice(JOINT.move(name))
        with translation.override(account.language):
            return any(str(words) in text for text in self.texts(account))

    def upload_ct(self, name: str) -> ImagingStudy:
        """A real CT from pydicom's own files, zipped and sent in pieces as a browser sends it, then imported."""
        data = make_zip([(name, real(name))])
        upload = files.start_upload(name="ct.zip", size=len(data), actor=self.doctor, purpose="imaging", at=self.at)
        for offset in range(0, len(data), PIECE):
            files.append(upload.id, offset, data[offset : offset + PIECE], actor=self.doctor, at=self.at)
        files.finish(upload.id, at=self.at)
        patient = access_patient(self.doctor, self.cast.patient.id, to="add")
        start_import(patient, [upload.id], actor=self.doctor, at=self.at)
        self.wait(seconds=1)
        return ImagingStudy.objects.get(patient_id=patient.id)

    def apply(self, **given: Any) -> Application:
        """The county doctor sends an application."""
        application = actions.submit(self.doctor, make.wanted(self.cast, **given), at=self.at)
        self.wait(minutes=2)
        return application

    def does(self, who: Any, application: Application, name: str, **given: Any) -> None:
        """Somebody makes a plain move; then two minutes pass, in which phones ring."""
        actions.make_move(who, application.case_id, name, at=self.at, **given)
        self.wait(minutes=2)

    def invites(self, application: Application, *experts: Any, in_line: bool = False) -> list[Invitation]:
        """The coordinator asks experts."""
        wanted = [expert.account_id for expert in experts]
        made = actions.invite(self.coordinator, application.case_id, wanted, at=self.at, in_line=in_line)
        self.wait(minutes=2)
        return made

    def answers(self, expert: Any, invitation: Invitation, *, accepts: bool = True, reason: str = "") -> None:
        """An expert answers."""
        actions.answer(expert, invitation.id, accepts=accepts, reason=reason, at=self.at)
        self.wait(minutes=2)

    def signs(self, expert: Any, application: Application, **given: str) -> None:
        """An expert writes and signs."""
        fields = {
            "findings": "右肺上叶磨玻璃结节。",
            "assessment": "考虑早期肺癌可能。",
            "advice": "建议胸外科手术。",
            **given,
        }
        actions.save_opinion(expert, application.case_id, actions.OpinionFields(**fields), at=self.at)
        actions.sign_opinion(expert, application.case_id, at=self.at)
        self.wait(minutes=2)

    def gathers(self, application: Application) -> None:
        """From a fresh application to all experts reading, the first one in the chair."""
        self.does(self.coordinator, application, "accept_material")
        self.does(self.coordinator, application, "start_assigning")
        made = self.invites(application, *self.experts)
        for expert, invitation in zip(self.experts, made, strict=True):
            self.answers(expert, invitation)
        actions.name_chair(self.coordinator, application.case_id, made[0].id, at=self.at)
        self.does(self.coordinator, application, "start_review")

    def state(self, application: Application) -> str:
        return Case.objects.get(id=application.case_id).state

    def happened(self, application: Application, name: str) -> int:
        """How often an act stands in the timeline."""
        return CaseEvent.objects.filter(case_id=application.case_id, kind=f"consult.joint.{name}").count()


@pytest.fixture(scope="session", autouse=True)
def _signing(signing):
    """Every story may end in signatures."""


@pytest.fixture
def story(db, settings):
    with Simulators() as fakes, time_machine.travel(make.MONDAY, tick=False) as travel:
        settings.SMS_ENDPOINT = fakes.url
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", fakes.mail_port
        yield Story(make.make_cast(travel), fakes)
