"""Medicines: written down once, corrected traceably, read by whom, in the time line, the case and the copy."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.tests.builders import make_account, make_organisation
from huizhen.records.attached.access import list_attached
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.consent.queries import get_reach
from huizhen.records.fhir import queries as fhir
from huizhen.records.fhir import shapes, validation
from huizhen.records.fhir.tests.conftest import AT, clock
from huizhen.records.medicines import access, actions
from huizhen.records.medicines.models import Medicine
from huizhen.records.patients.access import access_patient
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import as_staff, family, staff
from huizhen.records.tests.builders import make_consent, make_patient
from huizhen.records.tests.cases import make_case
from huizhen.records.timeline.access import list_entries

__all__ = ["clock"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
SAID = {"name": "苯磺酸氨氯地平片", "dose": "5 mg", "route": "口服", "frequency": "每日一次"}
TODAY = AT.date()


@pytest.fixture
def house():
    return make_organisation()


@pytest.fixture
def doctor(house):
    return staff("applicant", house)


@pytest.fixture
def patient(house):
    return make_patient(house, account=make_account(kind="patient"))


@pytest.fixture
def medicine(patient, doctor):
    return add(patient, doctor, starts_on=date(2026, 3, 1))


def add(patient, actor, key=None, **said):
    found = access_patient(actor, patient.id, to="add")
    return actions.add_medicine(found, key=key or uuid4(), actor=actor, at=AT, **{**SAID, **said})


def correct(medicine, actor, reason="核对药盒", version=None, **said):
    found = access.access_medicine(actor, medicine.id, to="correct")
    asked = found.version if version is None else version
    return actions.correct_medicine(found, said, reason=reason, version=asked, actor=actor, at=AT + timedelta(hours=1))


def test_sent_twice_is_once_and_nothing_of_it_lies_open(patient, doctor):
    key = uuid4()
    first = add(patient, doctor, key=key, name=" 苯磺酸氨氯地平片 ", source="县医院")
    assert add(patient, doctor, key=key, name="另一种") == first
    assert first.name == "苯磺酸氨氯地平片"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(m)::text FROM records_medicine m")
        [(stored,)] = cursor.fetchall()
    assert not [word for word in ("氨氯地平", "5 mg", "口服", "每日一次", "县医院") if word in stored]
    assert AuditEntry.objects.get(action="records.medicine.added").patient_id == patient.id
    elsewhere = make_patient(patient.organisation)
    assert add(elsewhere, doctor, key=key).patient_id == elsewhere.id, "a key is one patient's"


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"name": "  "}, {"name": "missing"}),
        ({"dose": "x" * 101}, {"dose": "too_long"}),
        ({"status": "swallowed"}, {"status": "unknown_choice"}),
        ({"starts_on": date(1026, 3, 1)}, {"starts_on": "day_impossible"}),
        ({"starts_on": TODAY + timedelta(days=400)}, {"starts_on": "day_impossible"}),
        ({"starts_on": TODAY, "ends_on": TODAY - timedelta(days=1), "status": "stopped"}, {"ends_on": "ends_before_start"}),
        ({"ends_on": TODAY - timedelta(days=9)}, {"status": "over_but_active"}),
        ({"ends_on": TODAY - timedelta(days=9), "status": "completed"}, {}),
        ({"starts_on": TODAY, "ends_on": TODAY}, {}),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field(patient, doctor, said, wrong):
    if not wrong:
        assert add(patient, doctor, **said).version == 0
        return
    with pytest.raises(Refused) as refused:
        add(patient, doctor, **said)
    assert refused.value.errors == wrong
    assert all(refused.value.sentences().values())
    assert not Medicine.objects.exists()


def test_a_correction_keeps_what_stood_there_and_its_reason(medicine, doctor):
    held = correct(medicine, doctor, dose="10 mg", ends_on=date(2026, 5, 1), status="stopped")
    assert (held.dose, held.status, held.version) == ("10 mg", "stopped", 1)
    rows = {row.field: (row.before, row.after, row.reason) for row in held.corrections.all()}
    assert rows == {
        "dose": ("5 mg", "10 mg", "核对药盒"),
        "ends_on": ("", "2026-05-01", "核对药盒"),
        "status": ("active", "stopped", "核对药盒"),
    }
    assert correct(medicine, doctor, dose=" 10 mg ").version == 1, "nothing new, nothing happens"
    for wrong, fields in (
        ({"version": 0, "dose": "1 mg"}, {"medicine": "changed_elsewhere"}),
        ({"reason": " ", "dose": "1 mg"}, {"reason": "missing"}),
        ({"reason": "x" * 501, "dose": "1 mg"}, {"reason": "too_long"}),
        ({"name": ""}, {"name": "missing"}),
    ):
        with pytest.raises(Refused) as refused:
            correct(medicine, doctor, **wrong)
        assert refused.value.errors == fields
    medicine.refresh_from_db()
    assert (medicine.dose, medicine.version) == ("10 mg", 1)


@pytest.mark.parametrize(
    "change",
    [{"version": 1}, {"version": 2}, {"status": "stopped", "version": 1}, {"starts_on": None}, {"key": uuid4()}],
)
def test_the_database_refuses_a_change_that_keeps_nothing(medicine, change):
    def change_and_end() -> None:
        with transaction.atomic():
            Medicine.objects.filter(id=medicine.id).update(**change)
            connection.check_constraints()

    with pytest.raises(DatabaseError):
        change_and_end()


def test_who_reads_and_who_corrects(medicine, patient, doctor, house):
    expert = make_account()
    case = make_case(patient, expert=expert)
    outsider, reader, own = staff("applicant", make_organisation()), as_staff(expert), family(patient.account)
    for nobody in (outsider, reader, family()):
        with pytest.raises(NotVisible):
            access.access_medicine(nobody, medicine.id)
        assert access.list_medicines(nobody, patient) == []
    consent = make_consent(patient, case=case)
    assert access.list_medicines(reader, patient) == [medicine] == access.list_medicines(own, patient)
    for no_editor in (reader, own):
        assert access.access_medicine(no_editor, medicine.id) == medicine
        with pytest.raises(NotAllowed):
            access.access_medicine(no_editor, medicine.id, to="correct")
    mine = add(patient, own, name="维生素D")
    assert correct(mine, own, dose="800 IU").version == 1
    assert correct(mine, staff("department_head", house), status="entered-in-error").version == 2
    assert access.list_medicines(own, patient) == [medicine], "out of every list"
    assert access.access_medicine(own, mine.id).status == "entered-in-error"
    reads = AuditEntry.objects.filter(action="records.medicine.read", actor_id=expert.id)
    assert {entry.patient_id for entry in reads} == {patient.id}
    withdraw_consent(consent, actor=own, at=AT)
    assert access.list_medicines(reader, patient) == []


def test_a_case_shows_them_to_its_experts_as_far_as_consent_reaches(medicine, patient, doctor):
    expert = make_account()
    case, reader = make_case(patient, expert=expert), as_staff(expert)
    old = add(patient, doctor, name="阿司匹林", status="stopped", starts_on=date(2026, 9, 1))
    mistake = add(patient, doctor, name="误填")
    correct(mistake, doctor, status="entered-in-error")

    def seen(actor):
        reach = get_reach(actor, patient.person_ids, at=AT)
        found = list_attached(actor, patient, documents=(), studies=(), case_id=case.id, reach=lambda: reach, at=AT)
        return found.medicines

    assert seen(reader) == ()
    make_consent(patient, case=case)
    assert seen(reader) == (medicine, old) == seen(doctor)
    make_consent(patient, account=(stranger := make_account()), scope=("imaging",))
    assert seen(as_staff(stranger)) == ()


def test_the_time_line_and_the_copy_have_them(medicine, patient, doctor):
    own = family(patient.account)
    told = add(patient, own, name="二甲双胍", dose="", route="", frequency="", source="患者自述")
    entries = {entry.about: entry for entry in list_entries(own, patient) if entry.kind == "medicine"}
    assert entries[medicine.id].on == date(2026, 3, 1)
    assert entries[medicine.id].title == "苯磺酸氨氯地平片 · 5 mg · 口服 · 每日一次"
    assert (entries[told.id].source, entries[told.id].what) == ("患者自述", "active")
    bundle = fhir.write_copy(own, patient, at=AT).bundle(patient.id)
    validation.check_bundle(bundle)
    found = {
        one["resource"]["id"]: one["resource"] for one in bundle["entry"]
        if one["resource"]["resourceType"] == "MedicationStatement"
    }  # fmt: skip
    first, second = found[str(medicine.id)], found[str(told.id)]
    assert first["medicationCodeableConcept"] == {"text": "苯磺酸氨氯地平片"}
    assert (first["status"], first["effectivePeriod"]) == ("active", {"start": "2026-03-01"})
    assert first["dosage"][0]["text"] == "5 mg · 口服 · 每日一次"
    assert second["informationSource"] == {"display": "患者自述"}
    assert "dosage" not in second
    held = fhir.read_record(own, patient, at=AT)
    assert str(medicine.id) in held.identifiers.values(), "a copy brought back is known again"
    assert shapes.url_of(medicine.id) in fhir.write_copy(own, patient, at=AT).entries
