"""One person, two records: found, joined, read as one, taken apart exactly."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import translation

from huizhen.kernel import files, outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.accounts.models import Account
from huizhen.people.tests.builders import make_account, make_organisation
from huizhen.records.consent.access import access_consent
from huizhen.records.documents.access import access_document, list_documents
from huizhen.records.documents.actions import add_document
from huizhen.records.documents.models import Document
from huizhen.records.documents.samples import ecg_picture
from huizhen.records.imaging.access import list_studies
from huizhen.records.imaging.models import ImagingStudy
from huizhen.records.merging import access, actions, jobs, queries
from huizhen.records.merging.models import Likeness, Merge
from huizhen.records.patients.access import access_patient, list_patients
from huizhen.records.patients.actions import correct_patient, register_patient
from huizhen.records.patients.models import Patient
from huizhen.records.patients.queries import get_by_identity, list_accounts_of, list_patients_of
from huizhen.records.patients.readers import list_readers
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import family, staff
from huizhen.records.tests.builders import make_consent, make_guardian, make_patient
from huizhen.records.timeline.access import list_entries

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ROWS = "SELECT to_jsonb(t)::text FROM {} t WHERE patient_id = ANY(%s) ORDER BY id"
TABLES = (
    "records_document",
    "records_imagingstudy",
    "records_consent",
    "records_guardian",
    "records_patientcorrection",
)


def snapshot(*patients):
    """Everything the database holds of these people, as text."""
    keys = [one.id for one in patients]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(p)::text FROM records_patient p WHERE id = ANY(%s) ORDER BY id", [keys])
        found = cursor.fetchall()
        for table in TABLES:
            cursor.execute(ROWS.format(table), [keys])
            found += cursor.fetchall()
    return found


@pytest.fixture
def two():
    """One person at two hospitals of a group, each with a document and a study; the daughter stands for one of them."""
    group = make_organisation()
    places = [make_organisation(parent=group), make_organisation(parent=group)]
    pair = [make_patient(place, name="李秀英", phone="+8613800138000") for place in places]
    for place, patient in zip(places, pair, strict=True):
        doctor = staff("applicant", place)
        upload = files.store("ecg.png", ecg_picture(), actor=doctor, at=AT, purpose="document")
        add_document(patient, file_id=upload.id, kind="other", title=f"心电图 {place.name}", actor=doctor, at=AT)
        ImagingStudy.objects.create(
            patient=patient, study_uid=f"2.25.{patient.id.int}", added_at=AT, added_by_id=doctor.account_id
        )
    return group, pair


def join(head, one, other, **more):
    return actions.merge_patients(*access.access_pair(head, one.id, other.id), actor=head, at=AT, **more)


def test_whoever_is_registered_again_is_found_with_the_reason():
    hospital = make_organisation()
    doctor, place = staff("department_head", hospital), hospital.id
    known = make_patient(hospital, name="李秀英", birth_on=date(1958, 4, 12), phone="+8613800138000")
    given = {"name": "李 秀英", "identity_kind": "passport", "identity_number": known.identity_number[-9:], "sex": "female",
             "birth_on": date(1958, 4, 12), "phone": "13800138000"}  # fmt: skip
    again = register_patient(organisation_id=place, **given, actor=doctor, at=AT)
    outbox.run_pending(AT)
    [pair] = access.access_duplicates(doctor)
    assert {pair.first_id, pair.second_id} == {known.id, again.id}
    assert pair.reasons == ["phone_name_birth"]
    jobs.look(0)
    outbox.run_pending(AT)
    assert len(access.access_duplicates(doctor)) == 1, "what is known is not found twice"
    actions.set_apart(access.access_likeness(doctor, pair.id), actor=doctor, at=AT)
    correct_patient(again, {"phone": "13900000000"}, reason="换号", actor=doctor, at=AT)
    outbox.run_pending(AT)
    assert access.access_duplicates(doctor) == [], "two people are not asked about again"


def test_the_night_looks_at_whoever_shares_anything_slice_by_slice(monkeypatch):
    monkeypatch.setattr(jobs, "SLICE", 2)
    hospital, day = make_organisation(), date(1958, 4, 12)
    # Numbers that differ in one place: cards far apart would speak against every weaker likeness.
    cards = [f"11010119580412{place}02X" for place in range(5)]
    same = [make_patient(hospital, name="李秀英", birth_on=day, identity_number=card) for card in cards[:3]]
    called = [
        make_patient(hospital, name=name, phone="+8613800138000", birth_on=day, identity_number=card)
        for name, card in zip(("王芳", "王方"), cards[3:], strict=True)
    ]
    make_patient(hospital, name="孙丽", birth_on=date(1961, 1, 1))
    assert queries.list_repeated() == sorted(one.id for one in (*same, *called))
    jobs.look(0)
    assert outbox.run_pending(AT) == 3
    assert len(access.access_duplicates(staff("department_head", hospital))) == 4


def test_joined_records_are_read_as_one_and_nothing_is_moved(two):
    group, (one, other) = two
    head, doctor = staff("department_head", group), staff("applicant", one.organisation)
    daughter = make_account(kind="patient")
    make_guardian(other, daughter)
    before = snapshot(one, other)
    merge = join(head, one, other, note="身份证与护照", reasons=["phone_name_birth"])
    whole = access_patient(doctor, other.id)
    assert (whole.id, whole.person_ids) == (one.id, (one.id, other.id)), "the old key leads to the one that remains"
    assert len(list_documents(doctor, whole)) == len(list_studies(doctor, whole)) == 2
    assert [entry.kind for entry in list_entries(doctor, whole)].count("document") == 2
    access_document(doctor, Document.objects.get(patient=other).id)
    assert get_by_identity("resident", other.identity_number).id == one.id
    assert [row.id for row in list_patients(doctor, name="李秀英")] == [one.id]
    her = family(daughter)
    assert her.patient_ids == {one.id, other.id}
    assert [row.id for row in list_patients_of(her.patient_ids)] == [one.id]
    assert list_accounts_of(one.id) == [daughter.id]
    with translation.override("en"):
        said = {entry.did for entry in list_readers(her, other.id)}
    assert said >= {"joined two records of yours", "read a document"}
    actions.split_patients(access.access_merge(head, merge.id), reason="两个人", actor=head, at=AT)
    assert snapshot(one, other) == before
    assert len(list_documents(doctor, access_patient(doctor, one.id))) == 1
    with pytest.raises(NotVisible):
        access_patient(doctor, other.id)


def test_a_consent_for_one_record_opens_the_person_and_closes_with_the_split(two):
    group, (one, other) = two
    head, expert = staff("department_head", group), staff("expert")
    consent = make_consent(
        other, account=Account.objects.get(id=expert.account_id), at=AT, until=AT + timedelta(days=300)
    )
    with pytest.raises(NotVisible):
        access_patient(expert, one.id)
    merge = join(head, one, other)
    assert len(list_documents(expert, access_patient(expert, one.id))) == 2
    assert access_consent(staff("applicant", one.organisation), consent.id, to="withdraw") == consent
    actions.split_patients(merge, reason="错了", actor=head, at=AT)
    with pytest.raises(NotVisible):
        access_patient(expert, one.id)


def test_rings_chains_and_doubles_are_refused_with_a_sentence(two):
    group, (one, other) = two
    third, head = make_patient(group), staff("department_head", group)
    first = join(head, one, other)
    assert join(head, one, other) == first
    for survivor, replaced in ((other, one), (other, third), (third, one), (third, other)):
        with pytest.raises(Refused) as refused:
            join(head, survivor, replaced)
        assert refused.value.errors == {"patient": "merged_before"}
    with pytest.raises(Refused, match="same_record"):
        join(head, one, one)
    join(head, one, third)
    assert Patient.objects.get(id=one.id).replaces == [other.id, third.id]
    assert AuditEntry.objects.filter(action="records.patient.merged", patient_id=other.id).count() == 1


def test_the_database_refuses_what_only_merges_may_say(two):
    group, (one, other) = two
    merge = join(staff("department_head", group), one, other)
    old_copy = one
    old_copy.sex = "other"
    for spoil in (
        lambda: Patient.objects.filter(id=other.id).update(replaced_by=None),
        lambda: Patient.objects.filter(id=make_patient().id).update(replaced_by=one),
        lambda: old_copy.save(),
        lambda: Merge.objects.filter(id=merge.id).update(merged_at=AT + timedelta(days=1)),
        lambda: Merge.objects.filter(id=merge.id).delete(),
        lambda: Merge.objects.filter(id=merge.id).update(undone_at=AT),
    ):
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            spoil()


def test_who_may_not_read_both_learns_nothing(two):
    group, (one, other) = two
    for actor, refusal in (
        (staff("department_head", one.organisation), NotVisible),
        (staff("applicant", group), NotAllowed),
        (staff("expert"), NotVisible),
        (family(make_guardian(one).account), NotVisible),
    ):
        with pytest.raises(refusal):
            access.access_pair(actor, one.id, other.id)
    actions.look_for([one.id], at=AT)
    pair = Likeness.objects.get()
    assert access.access_duplicates(staff("department_head", group)) == [pair]
    assert access.access_duplicates(staff("department_head", one.organisation)) == []
    assert queries.get_contents(one.id).documents == 1
