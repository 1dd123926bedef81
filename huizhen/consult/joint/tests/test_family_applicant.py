"""Family that applied sees the case with the patient's eyes, and no more once they cease to stand for the patient."""

import pytest

from huizhen.api.tests.clients import Caller, token_for
from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel import outbox, talk
from huizhen.kernel.access import NotVisible
from huizhen.kernel.flow.models import Case, Participant
from huizhen.kernel.flow.queries import list_worklist
from huizhen.people.tests.builders import make_account
from huizhen.records.patients.access import access_patient
from huizhen.records.patients.actions import add_guardian, end_guardian
from huizhen.records.tests.builders import make_patient

from . import builders as make

pytestmark = pytest.mark.django_db
SECRET = "家属暂不知晓，请只在医生之间讨论。"


@pytest.fixture
def family(cast):
    """A daughter who applies herself; `cast.doctor` is who registered the patient."""
    cast.doctor = cast.applicant
    cast.applicant = make_account("周敏", kind="patient")
    add_guardian(registered(cast), cast.applicant.id, "child", actor=cast.actor(cast.doctor), at=cast.at)
    return cast


def registered(cast):
    return access_patient(cast.actor(cast.doctor), cast.patient.id, to="guardians")


def part(cast):
    """The daughter stands for the patient no more; what follows is still to be done."""
    end_guardian(registered(cast), cast.applicant.id, actor=cast.actor(cast.doctor), at=cast.later(minutes=1))


def parts_of(application, account):
    rows = Participant.objects.filter(case_id=application.case_id, account=account, until=None)
    return set(rows.values_list("capacity", flat=True))


def discussed(cast, application):
    """A signed opinion and a word among doctors."""
    make.sign(cast, application, cast.experts[1])
    expert = cast.actor(cast.experts[1])
    talk.post(application.case_id, actor=expert, at=cast.at, body=SECRET, audience="staff", client_id="s1")


def test_family_that_applied_is_family_even_before_their_part_has_ended(family, client):
    application = make.reviewing(family)
    discussed(family, application)
    part(family)
    actor = family.actor(family.applicant)
    assert (actor.patient_ids, parts_of(application, family.applicant)) == (frozenset(), {"applicant"})
    seen = access_joint(actor, application.case_id)
    assert (seen.as_patient, seen.audience, seen.hears, seen.opinions()) == (True, "patient", "patient", [])
    assert access_sheet(actor, application.case_id).audience == "patient"
    caller, path = Caller(token_for(family.applicant)), f"/consult/joint/{application.case_id}"
    assert SECRET not in caller.get(f"{path}/messages").content.decode()
    assert "考虑早期肺癌可能" not in caller.get(f"{path}/opinions").content.decode()
    kinds = [entry["kind"] for entry in caller.get(f"{path}/timeline").json()["items"]]
    assert "consult.joint.invite" not in kinds
    client.force_login(family.applicant)
    page = client.get(f"/consult/joint/{application.case_id}/").content.decode()
    assert application.case.number in page
    assert SECRET not in page
    assert "考虑早期肺癌可能" not in page


def test_who_stands_for_the_patient_no_more_is_out_and_the_patient_takes_the_part_on(family, client):
    application = make.delivered(family)
    assert Case.objects.get(id=application.case_id).owner_id == family.applicant.id
    part(family)
    for _time in range(2):
        outbox.run_pending(family.later(minutes=1))
        actions.match_family(family.patient.id, at=family.at)
    actor = family.actor(family.applicant)
    assert parts_of(application, family.applicant) == set()
    with pytest.raises(NotVisible):
        access_joint(actor, application.case_id)
    assert list_worklist(actor, "mine").cases == list_worklist(actor, "part").cases == []
    assert Caller(token_for(family.applicant)).get(f"/consult/joint/{application.case_id}").status_code == 404
    client.force_login(family.applicant)
    assert client.get(f"/consult/joint/{application.case_id}/").status_code == 404
    assert parts_of(application, family.patient_account) == {"patient", "applicant"}
    assert Case.objects.get(id=application.case_id).owner_id == family.patient_account.id
    patient = family.actor(family.patient_account)
    assert access_joint(patient, application.case_id).as_patient
    actions.make_move(patient, application.case_id, "close", at=family.later(minutes=1))
    assert make.state(application) == "closed"


def test_where_nobody_stands_for_the_patient_the_centre_looks_after_the_case(family):
    family.patient = make_patient(family.county, name="周小宝")
    add_guardian(registered(family), family.applicant.id, "child", actor=family.actor(family.doctor), at=family.at)
    application = make.drafting(family)
    part(family)
    outbox.run_pending(family.later(minutes=1))
    actions.approve_report(family.actor(family.experts[0]), application.case_id, at=family.later(minutes=1))
    outbox.run_pending(family.later(minutes=1))
    case = Case.objects.get(id=application.case_id)
    assert (case.state, case.owner_id, case.team) == ("delivered", None, "coordinator")


def test_a_doctor_who_applied_keeps_the_case_when_guardians_change(cast):
    application = make.reviewing(cast)
    discussed(cast, application)
    actions.match_family(cast.patient.id, at=cast.at)
    seen = access_joint(cast.actor(cast.applicant), application.case_id)
    assert (seen.audience, len(seen.opinions())) == ("staff", 1)
