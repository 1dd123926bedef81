"""Registering, correcting, and standing for patients."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from huizhen.kernel import files
from huizhen.kernel.access import NotAllowed
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.accounts.actions import open_patient_account
from huizhen.people.tests.builders import make_account, make_organisation
from huizhen.records.consent.models import Consent
from huizhen.records.patients import actions, queries
from huizhen.records.patients.models import Patient, PatientCorrection
from huizhen.records.refused import SENTENCES, Refused
from huizhen.records.tests.actors import family, staff
from huizhen.records.tests.builders import make_guardian, make_number, make_patient

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
BORN = date(1958, 4, 12)


def register(actor, **changes) -> Patient:
    values = {
        "organisation_id": actor.memberships[0].organisation_id, "name": "李 秀英", "identity_kind": "resident",
        "identity_number": make_number(BORN, "female"), "sex": "female", "birth_on": BORN, "phone": "138 0013 8000",
    }  # fmt: skip
    return actions.register_patient(**{**values, **changes}, actor=actor, at=AT)


def errors_of(call, *arguments, **options) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        call(*arguments, **options)
    assert set(refused.value.errors.values()) <= SENTENCES.keys()
    assert all(refused.value.sentences().values())
    return refused.value.errors


def test_a_patient_is_registered_and_found_by_number_name_and_phone():
    patient = register(staff("applicant"))
    found = Patient.objects.get(name_index=queries.index_name("李秀英"))
    assert found.id == patient.id
    assert (found.phone, found.birth_on) == ("+8613800138000", BORN)
    assert queries.get_by_identity("resident", patient.identity_number).id == patient.id
    assert queries.index_phone("13800138000") == bytes(found.phone_index)


def test_nothing_that_identifies_stands_in_plain_in_the_row():
    patient = register(staff("applicant"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(p)::text FROM records_patient p WHERE id = %s", [patient.id])
        row = cursor.fetchone()[0]
    for secret in ("李", "13800138000", patient.identity_number):
        assert secret not in row
        assert secret.encode().hex() not in row


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"identity_number": "110101195804120010"}, {"identity_number": "identity_check"}),
        ({"identity_number": ""}, {"identity_number": "missing"}),
        ({"name": " "}, {"name": "missing"}),
        ({"phone": "123"}, {"phone": "phone_shape"}),
        ({"sex": "male"}, {"sex": "identity_differs_sex"}),
        ({"birth_on": date(1958, 4, 13)}, {"birth_on": "identity_differs_birth"}),
        ({"birth_on": None, "identity_kind": "none", "identity_number": ""}, {"birth_on": "missing"}),
        ({"birth_on": None, "sex": "", "identity_number": "1"}, {"identity_number": "identity_shape"}),
        ({"birth_on": date(2026, 3, 2)}, {"birth_on": "birth_future"}),
    ],
)
def test_wrong_data_is_refused_by_field_and_nothing_is_kept(changes, errors):
    assert errors_of(register, staff("applicant"), **changes) == errors
    assert not Patient.objects.exists()


def test_an_identity_card_says_birth_date_and_sex_by_itself():
    patient = register(staff("applicant"), birth_on=None, sex="")
    assert (patient.birth_on, patient.sex) == (BORN, "female")


def test_one_document_is_one_patient_also_at_another_hospital():
    patient = register(staff("applicant"))
    again = {"identity_number": patient.identity_number}
    assert errors_of(register, staff("applicant"), **again) == {"identity_number": "duplicate"}


def test_many_without_a_document_are_many_patients():
    actor = staff("applicant")
    for _ in range(2):
        register(actor, identity_kind="none", identity_number="")
    assert Patient.objects.count() == 2


@pytest.mark.parametrize("role", ["expert", "coordinator", "operator", "system_admin", "audit_admin"])
def test_only_those_who_treat_register(role):
    with pytest.raises(NotAllowed):
        register(staff(role))


def test_registering_at_another_hospital_is_not_allowed():
    with pytest.raises(NotAllowed):
        register(staff("applicant"), organisation_id=make_organisation().id)


def test_a_correction_keeps_what_stood_there():
    actor = staff("applicant")
    patient = register(actor)
    number = patient.identity_number
    changed = actions.correct_patient(
        patient, {"name": "李秀瑛", "phone": "13900139000"}, reason="card shown", actor=actor, at=AT
    )
    assert (changed.name, changed.phone, changed.identity_number) == ("李秀瑛", "+8613900139000", number)
    kept = {row.field: (row.before, row.after, row.reason) for row in queries.list_corrections(patient.person_ids)}
    assert kept == {
        "name": ("李 秀英", "李秀瑛", "card shown"),
        "phone": ("+8613800138000", "+8613900139000", "card shown"),
    }
    assert queries.index_name("李秀瑛") == bytes(Patient.objects.get().name_index)


def test_correcting_nothing_leaves_no_trace():
    actor = staff("applicant")
    patient = register(actor)
    actions.correct_patient(patient, {"name": "李 秀英"}, reason="", actor=actor, at=AT)
    assert not PatientCorrection.objects.exists()


def test_a_correction_to_somebody_elses_number_is_refused():
    actor = staff("applicant")
    first, second = register(actor), register(actor)
    errors = errors_of(
        actions.correct_patient, second, {"identity_number": first.identity_number}, reason="", actor=actor, at=AT
    )
    assert errors == {"identity_number": "duplicate"}


def test_patients_change_their_phone_themselves_and_nothing_else():
    account = make_account(kind="patient")
    patient = make_patient(account=account)
    own = family(account)
    assert actions.correct_patient(patient, {"phone": "13900139000"}, reason="", actor=own, at=AT).phone
    assert errors_of(actions.correct_patient, patient, {"name": "x"}, reason="", actor=own, at=AT) == {
        "name": "not_self"
    }


def test_linking_a_log_in_once():
    actor = staff("applicant")
    patient, account = register(actor), open_patient_account("+8613700137000", at=AT)
    for _ in range(2):
        actions.link_account(patient, account.id, actor=actor, at=AT)
    assert queries.list_patient_ids(account.id) == [patient.id]
    account.refresh_from_db()
    assert account.name == patient.name
    assert errors_of(actions.link_account, patient, make_account(kind="patient").id, actor=actor, at=AT) == {
        "account": "already_linked"
    }
    assert errors_of(actions.link_account, register(actor), account.id, actor=actor, at=AT) == {
        "account": "already_linked"
    }
    assert errors_of(actions.link_account, register(actor), make_account().id, actor=actor, at=AT) == {
        "account": "unknown_choice"
    }


def test_guardians_come_and_go():
    actor = staff("applicant")
    patient, daughter = register(actor), make_account(kind="patient")
    actions.add_guardian(patient, daughter.id, "child", actor=actor, at=AT)
    assert queries.list_patient_ids(daughter.id) == [patient.id]
    assert queries.list_accounts_of(patient.id) == [daughter.id]
    again = errors_of(actions.add_guardian, patient, daughter.id, "child", actor=actor, at=AT)
    assert again == {"account": "already_guardian"}
    for _ in range(2):
        actions.end_guardian(patient, daughter.id, actor=actor, at=AT)
    assert queries.list_patient_ids(daughter.id) == []
    assert [row.relation for row in queries.list_guardians(patient.person_ids, past=True)] == ["child"]


def test_nobody_is_their_own_guardian():
    account = make_account(kind="patient")
    patient = make_patient(account=account)
    actor = staff("applicant", patient.organisation)
    assert errors_of(actions.add_guardian, patient, account.id, "other", actor=actor, at=AT) == {
        "account": "own_guardian"
    }


def paper(actor) -> object:
    return files.store("form.pdf", b"%PDF-1.4 form", actor=actor, at=AT, purpose="document").id


def admit(actor, patient, **changes):
    values = {
        "organisation_id": actor.memberships[0].organisation_id, "name": patient.name, "identity_kind": "resident",
        "identity_number": patient.identity_number, "paper_file_id": paper(actor), "until": AT + timedelta(days=90),
    }  # fmt: skip
    return actions.admit_patient(**{**values, **changes}, actor=actor, at=AT)


def test_another_hospital_opens_a_record_with_card_and_signature():
    actor, patient = staff("applicant"), make_patient()
    assert admit(actor, patient) == patient
    consent = Consent.objects.get()
    assert (consent.organisation_id, consent.evidence) == (actor.memberships[0].organisation_id, "paper")


def test_a_number_without_its_name_opens_nothing():
    actor, patient = staff("applicant"), make_patient()
    assert errors_of(admit, actor, patient, name="别人") == {"identity_number": "no_match"}
    assert errors_of(admit, actor, patient, identity_number=make_number()) == {"identity_number": "no_match"}
    assert errors_of(admit, actor, patient, paper_file_id=paper(staff("applicant"))) == {"evidence": "evidence_missing"}
    assert not Consent.objects.exists()
    assert AuditEntry.objects.filter(action="records.patient.searched").count() == 2


def test_the_database_keeps_patients_and_corrections():
    patient = make_patient()
    guardian = make_guardian(patient)
    for row in (guardian, make_patient()):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_guardian(patient, guardian.account)


def change_by_hand(patient, changes, kept):
    """A change past the action, checked as at the end of its transaction."""
    with transaction.atomic():
        for field in kept:
            PatientCorrection.objects.create(patient=patient, version=1, field=field, at=AT)
        Patient.objects.filter(id=patient.id).update(**changes)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_the_database_refuses_a_correction_that_keeps_nothing():
    patient = make_patient()
    for changes, kept in (
        ({"sex": "other"}, []),
        ({"sex": "other", "version": 1}, []),
        ({"sex": "other", "birth_on": BORN.replace(year=1959), "version": 1}, ["sex"]),
        ({"name_index": queries.index_name("别人"), "version": 1}, ["sex"]),
    ):
        with pytest.raises(IntegrityError, match="without keeping"):
            change_by_hand(patient, changes, kept)
    change_by_hand(patient, {"sex": "other", "version": 1}, ["sex"])
