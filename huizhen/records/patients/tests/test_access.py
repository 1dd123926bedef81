"""Who sees a patient: every kind of actor, and the trace each look leaves."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huizhen.kernel import ids
from huizhen.kernel.access import SYSTEM, NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.tests.builders import make_account, make_organisation
from huizhen.records.patients import access
from huizhen.records.tests.actors import as_staff, family, staff
from huizhen.records.tests.builders import make_consent, make_guardian, make_patient
from huizhen.records.tests.cases import make_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital():
    return make_organisation(parent=make_organisation(kind="group"))


@pytest.fixture
def patient(hospital):
    return make_patient(hospital, account=make_account(kind="patient"), phone="13800138000")


def outcome(actor, patient, to="read") -> int:
    """What a face would answer."""
    try:
        access.access_patient(actor, patient.id, to)
    except NotVisible:
        return 404
    except NotAllowed:
        return 403
    return 200


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("applicant", 200),
        ("department_head", 200),
        ("expert", 404),
        ("coordinator", 404),
        ("operator", 404),
        ("team_lead", 404),
        ("system_admin", 404),
        ("security_admin", 404),
        ("audit_admin", 404),
    ],
)
def test_roles_at_the_patients_hospital(hospital, patient, role, status):
    assert outcome(staff(role, hospital), patient) == status


def test_the_role_reaches_down_the_tree_and_not_sideways(hospital, patient):
    assert outcome(staff("applicant", hospital.parent), patient) == 200
    assert outcome(staff("applicant", make_organisation(parent=hospital.parent)), patient) == 404
    assert outcome(staff("applicant", make_organisation(parent=hospital, kind="department")), patient) == 404


def test_the_patient_guardians_and_the_system(patient):
    guardian = make_guardian(patient)
    assert outcome(family(patient.account), patient) == 200
    assert outcome(family(guardian.account), patient) == 200
    assert outcome(SYSTEM, patient) == 200
    assert outcome(family(), patient) == 404


@pytest.mark.parametrize(("to", "own", "shared"), [
    ("read", 200, 200), ("write", 200, 403), ("add", 200, 403), ("consent", 200, 403), ("guardians", 403, 403),
])  # fmt: skip
def test_what_guardians_and_experts_may_do(patient, to, own, shared):
    guardian = make_guardian(patient)
    expert = staff("expert")
    make_consent(patient, account=expert_account(expert))
    assert outcome(family(guardian.account), patient, to) == own
    assert outcome(expert, patient, to) == shared


def expert_account(actor):
    return type(make_account()).objects.get(id=actor.account_id)


def test_only_the_patient_manages_guardians_among_the_family(patient):
    assert outcome(family(patient.account), patient, "guardians") == 200


def test_a_consent_to_a_hospital_lets_its_doctors_add_material(patient):
    other = make_organisation()
    ward = make_organisation(parent=other, kind="department")
    make_consent(patient, organisation=other)
    assert outcome(staff("applicant", ward), patient, "add") == 200
    assert outcome(staff("expert", ward), patient, "add") == 403
    assert outcome(staff("operator", ward), patient) == 404


def test_nobody_without_an_account_sees_anything(patient):
    nobody = as_staff(type("Nobody", (), {"id": None})())
    make_consent(patient, case=make_case(patient))
    assert outcome(nobody, patient) == 404


def test_a_patient_who_never_was_and_one_retired(hospital, patient):
    doctor = staff("applicant", hospital)
    with pytest.raises(NotVisible):
        access.access_patient(doctor, ids.new_id())
    patient.retired_at = patient.registered_at
    patient.save()
    assert outcome(doctor, patient) == outcome(family(patient.account), patient) == 404


def test_every_look_leaves_its_entry_and_a_refused_one_none(hospital, patient):
    doctor = staff("applicant", hospital)
    outcome(doctor, patient)
    outcome(staff("expert", hospital), patient)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.patient_id, entry.actor_id) == ("records.patient.read", patient.id, doctor.account_id)
    assert entry.origin == {"ip": "192.0.2.1"}


def test_loading_costs_few_queries(hospital, patient):
    doctor, expert = staff("applicant", hospital), staff("expert")
    make_consent(patient, account=expert_account(expert))
    outcome(doctor, patient)
    for actor, most in ((doctor, 3), (expert, 4)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            outcome(actor, patient)
        assert len(queries) <= most


def test_search_finds_by_exact_number_name_or_phone(hospital, patient):
    doctor = staff("applicant", hospital)
    for wanted in (
        {"identity_number": patient.identity_number.lower()},
        {"name": patient.name},
        {"phone": "138-0013-8000"},
        {"name": patient.name, "phone": "13800138000"},
    ):
        assert access.list_patients(doctor, **wanted) == [patient]
    assert AuditEntry.objects.filter(action="records.patient.found", patient_id=patient.id).count() == 4


def test_search_finds_nothing_by_parts_nor_elsewhere(hospital, patient):
    doctor = staff("applicant", hospital)
    assert access.list_patients(doctor, name=patient.name[:2]) == []
    assert access.list_patients(doctor, phone="12345") == []
    assert access.list_patients(doctor) == []
    assert access.list_patients(doctor, name=patient.name, phone="13900139000") == []
    assert access.list_patients(staff("applicant"), name=patient.name) == []
    assert access.list_patients(staff("operator", hospital), name=patient.name) == []
    searched = AuditEntry.objects.filter(action="records.patient.searched")
    assert searched.count() == 4
    assert patient.name not in str(list(searched.values()))
