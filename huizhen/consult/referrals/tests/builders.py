"""Short ways to have a referral, brought to its state by real acts only."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from huizhen.consult.referrals import actions
from huizhen.consult.referrals.flow import REFERRAL
from huizhen.consult.referrals.models import Referral
from huizhen.consult.referrals.queries import get_referral
from huizhen.consult.referrals.rules import NEEDED
from huizhen.kernel import outbox
from huizhen.kernel.flow.door import open_case
from huizhen.people.tests.builders import make_member, make_organisation


def make_receiver(cast: Any) -> tuple[Any, Any, Any]:
    """A hospital of the city with a department, and its coordinator."""
    hospital = make_organisation("江城大学附属医院", kind="hospital", parent=cast.platform)
    department = make_organisation("胸外科", kind="department", parent=hospital)
    return hospital, department, make_member("coordinator", hospital, name="方敏").account


def begun(cast: Any, application: Any, target: Any) -> Referral:
    """A letter on the doctor's desk."""
    return actions.begin(cast.actor(cast.applicant), application.case_id, target_id=target.id, at=cast.at)


def sent(cast: Any, application: Any, target: Any) -> Referral:
    """The patient has agreed, the doctor has signed, the job has sent it."""
    referral = begun(cast, application, target)
    actions.agree(cast.actor(cast.patient_account), referral.case_id, at=cast.later(minutes=1))
    actions.sign_letter(cast.actor(cast.applicant), referral.case_id, at=cast.later(minutes=5))
    outbox.run_pending(cast.later(minutes=1))
    return fresh(referral)


def accepted(cast: Any, application: Any, target: Any, coordinator: Any) -> Referral:
    """The hospital has named time and place."""
    referral = sent(cast, application, target)
    actions.accept(
        cast.actor(coordinator), referral.case_id, appointment_at=cast.at + timedelta(days=2),
        place="门诊三楼胸外科，沈毅主任", at=cast.later(minutes=20),
    )  # fmt: skip
    return fresh(referral)


def on_the_desk(cast: Any, application: Any, target: Any, people: dict[str, Any]) -> Referral:
    """A letter on the doctor's desk without any report behind it, for tests of the flow alone."""
    pieces = [{"key": key, "text": "有", "first": "", "source": {"of": "doctor"}} for key in NEEDED]
    with transaction.atomic():
        case = open_case(
            REFERRAL, actor=cast.actor(cast.applicant), at=cast.at, organisation_id=application.case.organisation_id,
            team_organisation_id=None, patient_id=application.patient_id,
            participants=[(account.id, capacity) for capacity, account in people.items()],
        )  # fmt: skip
        return Referral.objects.create(
            case=case, application=application, doctor=cast.applicant, target=target, updated_at=cast.at,
            content={"pieces": pieces, "pictures": False},
        )  # fmt: skip


def fresh(referral: Referral) -> Referral:
    """The referral as the database has it now."""
    found = get_referral(referral.case_id)
    assert found is not None
    return found
