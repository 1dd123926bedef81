"""Short ways for any test to have a joint consultation, brought to its state by real acts only."""

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from pypdf import PdfWriter

from huizhen.consult.joint import actions
from huizhen.consult.joint.models import Application
from huizhen.consult.joint.queries import get_application
from huizhen.kernel import clock, files, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.models import Case
from huizhen.people.accounts.queries import get_actor
from huizhen.people.tests.builders import make_account, make_member, make_organisation, make_practitioner
from huizhen.records.documents.actions import add_document
from huizhen.records.patients.access import access_patient
from huizhen.records.tests.builders import make_patient

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
_serial = count(1)


@dataclass
class Cast:
    """A county hospital, a platform with its centre, and the people of one consultation; `travel` is its clock."""

    travel: Any
    platform: Any = None
    county: Any = None
    applicant: Any = None
    coordinator: Any = None
    experts: list[Any] = field(default_factory=list)
    patient: Any = None
    patient_account: Any = None

    def actor(self, account: Any) -> Actor:
        return get_actor(account)

    @property
    def at(self) -> datetime:
        """The story's present moment."""
        return clock.now()

    def later(self, **length: float) -> datetime:
        """Move the story's clock on."""
        self.travel.shift(timedelta(**length))
        return self.at


def make_cast(travel: Any, *, experts: int = 3) -> Cast:
    """Everybody a consultation needs."""
    platform = make_organisation("江城区域医疗平台", kind="platform", is_centre=True)
    county = make_organisation("云岭县人民医院", kind="hospital", parent=platform)
    city = make_organisation("江城市中心医院", kind="hospital", parent=platform)
    account = make_account("周桂兰", kind="patient")
    return Cast(
        travel=travel, platform=platform, county=county,
        applicant=make_practitioner(county, name="李明", title="attending", role="applicant").account,
        coordinator=make_member("coordinator", platform, name="王静").account,
        experts=[make_practitioner(city, name=f"专家{number}").account for number in range(1, experts + 1)],
        patient=make_patient(county, name="周桂兰", account=account), patient_account=account,
    )  # fmt: skip


def make_pdf() -> bytes:
    """One blank page, different from every other by its title."""
    writer, buffer = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Title": str(next(_serial))})
    writer.write(buffer)
    return buffer.getvalue()


def store_pdf(actor: Actor, at: datetime, purpose: str = "document") -> UUID:
    """A small PDF of the actor's, different from every other."""
    return files.store("化验单.pdf", make_pdf(), actor=actor, at=at, purpose=purpose).id


def make_document(cast: Cast) -> UUID:
    """A laboratory report in the patient's record."""
    actor = cast.actor(cast.applicant)
    patient = access_patient(actor, cast.patient.id, to="add")
    made = add_document(
        patient, file_id=store_pdf(actor, cast.at), kind="lab_report", title="血常规", actor=actor, at=cast.at
    )
    return made.id


def wanted(cast: Cast, **given: Any) -> actions.Wanted:
    """A complete application."""
    actor = cast.actor(cast.applicant)
    specialty = cast.experts[0].practitioner.specialties.first().code
    fields = {
        "sent_key": f"key-{next(_serial)}", "patient_id": cast.patient.id, "purpose": "diagnosis",
        "question": "右肺上叶结节，是否需要手术？", "summary": "女，68岁，体检发现右肺上叶磨玻璃结节 12 mm，无发热咳嗽。",
        "specialty": specialty, "consent_file_id": store_pdf(actor, cast.at), "document_ids": (make_document(cast),),
    }  # fmt: skip
    return actions.Wanted(**{**fields, **given})


def submitted(cast: Cast, **given: Any) -> Application:
    """An application as it was sent."""
    return actions.submit(cast.actor(cast.applicant), wanted(cast, **given), at=cast.at)


def assigning(cast: Cast, **given: Any) -> Application:
    """Received, and the centre looks for experts."""
    application, actor = submitted(cast, **given), cast.actor(cast.coordinator)
    for name in ("accept_material", "start_assigning"):
        actions.make_move(actor, application.case_id, name, at=cast.later(minutes=5))
    return fresh(application)


def reviewing(cast: Cast, **given: Any) -> Application:
    """All experts have accepted; the first chairs."""
    application, actor = assigning(cast, **given), cast.actor(cast.coordinator)
    invitations = actions.invite(actor, application.case_id, [e.id for e in cast.experts], at=cast.later(minutes=5))
    for invitation, expert in zip(invitations, cast.experts, strict=True):
        actions.answer(cast.actor(expert), invitation.id, accepts=True, at=cast.later(minutes=1))
    actions.name_chair(actor, application.case_id, invitations[0].id, at=cast.later(minutes=1))
    actions.make_move(actor, application.case_id, "start_review", at=cast.later(minutes=1))
    return fresh(application)


def sign(cast: Cast, application: Application, expert: Any, **given: Any) -> None:
    """One expert writes and signs."""
    fields = {
        "findings": "右肺上叶磨玻璃结节。",
        "assessment": "考虑早期肺癌可能。",
        "advice": "建议胸外科手术。",
        **given,
    }
    actor = cast.actor(expert)
    actions.save_opinion(actor, application.case_id, actions.OpinionFields(**fields), at=cast.later(minutes=10))
    actions.sign_opinion(actor, application.case_id, at=cast.later(minutes=1))


def drafting(cast: Cast, **given: Any) -> Application:
    """All have signed, the last one dissents; the draft lies on the chair's desk."""
    application = reviewing(cast, **given)
    for expert in cast.experts[:-1]:
        sign(cast, application, expert)
    sign(cast, application, cast.experts[-1], assessment="倾向炎性结节。", advice="三个月后复查。",
         stance="dissent", stance_reason="缺少增强 CT")  # fmt: skip
    return fresh(application)


def delivered(cast: Cast, **given: Any) -> Application:
    """The chair has approved, the job has signed and delivered."""
    application = drafting(cast, **given)
    actions.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=30))
    outbox.run_pending(cast.later(minutes=1))
    return fresh(application)


def fresh(application: Application) -> Application:
    """The application as the database has it now."""
    return get_application(application.case_id)


def state(application: Application) -> str:
    """The state of its case, fresh."""
    return Case.objects.values_list("state", flat=True).get(id=application.case_id)
