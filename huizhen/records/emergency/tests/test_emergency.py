"""Break glass: opened with a reason, told, noted with its key, judged by another, and over by itself."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction

from huizhen.kernel import files, outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.models import Case
from huizhen.kernel.notify import list_inbox
from huizhen.people.accounts.queries import get_actor
from huizhen.people.tests.builders import make_account, make_member, make_organisation, make_practitioner
from huizhen.records.documents.access import access_document, list_documents
from huizhen.records.documents.actions import add_document
from huizhen.records.documents.samples import ecg_picture
from huizhen.records.emergency import access, actions, queries
from huizhen.records.emergency.flow import JUDGE
from huizhen.records.emergency.models import EmergencyAccess
from huizhen.records.patients.access import access_patient
from huizhen.records.patients.readers import list_readers
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import family, staff
from huizhen.records.tests.builders import make_guardian, make_patient
from huizhen.records.timeline.access import access_timeline

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
WHY = "昏迷送来，须立即了解用药史"


@pytest.fixture
def clock():
    with time_machine.travel(AT, tick=False) as travel:
        yield travel


@pytest.fixture
def patient(clock):
    """Somebody with an own log-in, a daughter and a document, at a hospital below one with an audit administrator."""
    group = make_organisation()
    make_member("audit_admin", group)
    home = make_organisation(parent=group)
    made = make_patient(home, name="李秀英", phone="+8613800138000", account=make_account(kind="patient"))
    make_guardian(made)
    doctor = staff("applicant", home)
    upload = files.store("ecg.png", ecg_picture(), actor=doctor, at=AT, purpose="document")
    add_document(made, file_id=upload.id, kind="other", title="心电图", actor=doctor, at=AT)
    return made


@pytest.fixture
def doctor(clock):
    return get_actor(make_practitioner(name="急诊医生", role="expert").account)


def open_for(doctor, patient, **changes):
    given = {"name": patient.name, "number": patient.identity_number, "reason": WHY}
    return actions.open_emergency(**{**given, **changes}, actor=doctor, at=AT)


def test_the_record_opens_for_some_hours_and_every_look_carries_the_key(clock, doctor, patient):
    with pytest.raises(NotVisible):
        access_patient(doctor, patient.id)
    found = open_for(doctor, patient, number="138 0013 8000")
    assert open_for(doctor, patient) == found, "twice is once"
    [document] = list_documents(doctor, access_patient(doctor, patient.id))
    access_document(doctor, document.id)
    access_timeline(doctor, patient.id)
    with pytest.raises(NotAllowed):
        access_patient(doctor, patient.id, to="write")
    looks = [one.action for one in queries.list_looks(found)]
    assert looks == ["records.patient.read", "records.document.read", "records.timeline.read"]
    clock.shift(timedelta(hours=4))
    for look in (access_patient, access_document, access_timeline):
        with pytest.raises(NotVisible):
            look(doctor, document.id if look is access_document else patient.id)


def test_the_patient_reads_the_reason_beside_each_look_under_it(clock, doctor, patient):
    access_patient(staff("applicant", patient.organisation), patient.id)
    open_for(doctor, patient)
    access_patient(doctor, patient.id)
    read = {one.did: one.reason for one in list_readers(family(patient.account), patient.id) if one.name == doctor.name}
    assert set(read.values()) == {WHY}
    assert len(read) == 2
    assert not any(one.reason for one in list_readers(family(patient.account), patient.id) if one.name != doctor.name)


def test_the_family_is_told_at_once_and_the_reviewers_have_a_day(clock, doctor, patient):
    clock.move_to(AT + timedelta(hours=14))  # at night
    found = open_for(doctor, patient)
    outbox.run_pending(AT + timedelta(hours=14))
    for account in (patient.account_id, patient.guardians.get().account_id):
        [news] = list_inbox(account)
        assert (news.kind, news.urgency) == ("records.emergency.told", "urgent")
    case = Case.objects.get(id=found.case_id)
    assert case.due_at == case.opened_at + timedelta(days=1)
    assert case.team_organisation_id != patient.organisation_id, "the nearest place that has an audit administrator"


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": "李秀"}, {"number": "no_match"}),
        ({"number": "13900000000"}, {"number": "no_match"}),
        ({"reason": "急"}, {"reason": "reason_short"}),
        ({"reason": "急" * 501}, {"reason": "too_long"}),
    ],
)
def test_who_does_not_fit_and_what_says_nothing_is_refused(doctor, patient, changes, errors):
    with pytest.raises(Refused) as refused:
        open_for(doctor, patient, **changes)
    assert refused.value.errors == errors
    assert not EmergencyAccess.objects.exists()
    assert AuditEntry.objects.filter(action="records.patient.searched").exists() == ("number" in errors)


def test_only_a_doctor_with_a_licence_may(clock, patient):
    late = make_practitioner(name="过期", role="expert")
    type(late).objects.filter(pk=late.pk).update(licence_valid_until=AT.date() - timedelta(days=1))
    for actor, refusal in (
        (get_actor(late.account), NotAllowed),
        (staff("applicant"), NotAllowed),
        (staff("coordinator"), NotAllowed),
        (family(), NotVisible),
    ):
        with pytest.raises(refusal):
            open_for(actor, patient)


def test_another_judges_and_what_was_not_justified_ends_at_once(clock, doctor, patient):
    found = open_for(doctor, patient)
    head = staff("department_head", patient.organisation)
    with pytest.raises(NotAllowed):
        access.access_emergency(doctor, found.case_id, to=JUDGE)
    with pytest.raises(NotVisible):
        access.access_emergency(staff("department_head"), found.case_id)
    seen = access.access_emergency(head, found.case_id, to=JUDGE)
    with pytest.raises(Refused, match="missing"):
        actions.judge(seen, "unjustified", reason=" ", actor=head, at=AT)
    clock.shift(timedelta(hours=1))
    later = AT + timedelta(hours=1)
    judged = actions.judge(seen, "unjustified", reason="没有急诊记录", actor=head, at=later)
    assert (judged.until, judged.case.refresh_from_db(), judged.case.state) == (later, None, "unjustified")
    outbox.run_pending(later)
    assert {"records.emergency.told", "records.emergency.rejected"} == {
        one.kind for one in list_inbox(patient.account_id)
    }
    with pytest.raises(NotVisible):
        access_patient(doctor, patient.id)
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        EmergencyAccess.objects.filter(id=found.id).update(verdict="justified")
    again = EmergencyAccess.objects.filter(id=open_for(doctor, patient).id)
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        again.update(verdict="justified", judged_at=AT, judged_by=doctor.account_id)
