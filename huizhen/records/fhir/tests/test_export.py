"""A copy of a record: what stands in it, for whom, and who may take it."""

import base64
import hashlib
import json
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from huizhen.kernel import files, outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.files import open_file
from huizhen.kernel.files.storage import storage
from huizhen.people.tests.builders import make_account, make_member, make_organisation
from huizhen.records.fhir import access, actions, queries, shapes, validation
from huizhen.records.fhir.actions import exporting
from huizhen.records.fhir.tests.conftest import AT
from huizhen.records.merging.actions import merge_patients
from huizhen.records.patients.models import Patient
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import as_staff, family, staff
from huizhen.records.tests.builders import make_consent, make_patient

pytestmark = pytest.mark.django_db


def by_type(data):
    found = defaultdict(list)
    for entry in json.loads(data, parse_float=Decimal)["entry"]:
        found[entry["resource"]["resourceType"]].append(entry["resource"])
    return found


def copy_of(actor, patient):
    return by_type(actions.export_now(access.access_copy(actor, patient.id), actor=actor, at=AT))


def test_the_person_takes_the_whole_record_along_and_every_entry_is_fhir_r4(patient):
    own = family(patient.account)
    made = queries.write_copy(own, patient, at=AT, with_files=True)
    bundle = made.bundle(patient.id)
    validation.check_bundle(bundle)
    found = by_type(shapes.encode(bundle))
    [person], [paper], [study], [report] = (
        found[kind] for kind in ("Patient", "DocumentReference", "ImagingStudy", "DiagnosticReport")
    )
    assert person["identifier"][0]["value"] == patient.identity_number
    assert person["telecom"][0]["value"] == patient.phone
    assert [len(series["instance"]) for series in study["series"]] == [2]
    values = [one.get("valueQuantity") or one["valueString"] for one in found["Observation"]]
    assert values[0] == {"value": Decimal("5.10"), "unit": "10^9/L"}, "every digit counts"
    assert str(values[0]["value"]) == "5.10"
    assert values[2]["comparator"] == "<"
    assert values[3] == "阴性"
    assert found["Observation"][1]["interpretation"][0]["coding"][0]["code"] == "L"
    assert len(report["result"]) == 4
    [binary] = found["Binary"]
    held, attached = base64.b64decode(binary["data"]), paper["content"][0]["attachment"]
    assert attached["extension"][0]["valueString"] == hashlib.sha256(held).hexdigest()
    assert attached["size"] == len(held)
    assert attached["hash"] == base64.b64encode(hashlib.sha1(held, usedforsecurity=False).digest()).decode()


def test_a_big_copy_is_made_by_a_job_as_the_record_may_be_read_then(patient, clock):
    own = family(patient.account)
    made = actions.order_export(access.access_copy(own, patient.id), with_files=True, actor=own, at=AT)
    assert actions.order_export(patient, with_files=True, actor=own, at=AT) == made, "twice is once"
    outbox.run_pending(AT)
    found = access.access_export(own, made.id, to="save")
    with open_file(found.file) as stream:
        assert len(by_type(stream.read())["Binary"]) == 1
    assert (found.state, found.left_out) == ("ready", 0)
    taken = AuditEntry.objects.filter(patient_id=patient.id, action__startswith="records.fhir.")
    assert {one.action for one in taken} == {"records.fhir.exported", "records.fhir.saved"}
    with pytest.raises(NotVisible):
        access.access_export(family(), made.id)
    clock.shift(timedelta(days=8))
    with pytest.raises(NotVisible):
        access.access_export(own, made.id)


def test_after_its_week_the_bytes_of_a_copy_are_deleted_and_who_took_it_stays(patient, doctor):
    """Where somebody has brought the same bytes in elsewhere, these stay for that file."""
    first, second = (actions.order_export(patient, with_files=flag, actor=doctor, at=AT) for flag in (True, False))
    outbox.run_pending(AT)
    for one in (first, second):
        one.refresh_from_db()
    kept = files.store("same.json", open_file(second.file).read(), actor=doctor, at=AT, purpose="fhir")
    gone, shared = first.file.content.object_name, second.file.content.object_name
    week = AT + timedelta(days=7)
    assert actions.forget_copies(at=week - timedelta(seconds=1)) == 0
    assert [actions.forget_copies(at=week) for _time in range(2)] == [2, 0]
    for one in (first, second):
        one.refresh_from_db()
        assert (one.state, one.file.refusal) == ("ready", "forgotten")
        with pytest.raises(files.Refused, match="forgotten"):
            open_file(one.file)
    assert storage().names(gone.rpartition("/")[0]) == []
    assert storage().names(shared.rpartition("/")[0]) == [shared]
    assert open_file(kept).read().startswith(b"{")


def test_large_records_are_not_answered_at_once(patient, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_AT_ONCE", 2)
    with pytest.raises(Refused, match="copy_too_large"):
        copy_of(family(patient.account), patient)


def test_a_host_takes_what_the_consent_opens_and_nothing_when_it_ended(patient):
    hospital = make_organisation("江城市人民医院")
    account = make_member("applicant", hospital).account
    host = as_staff(account, ("applicant", hospital.id))
    with pytest.raises(NotVisible):
        access.access_copy(host, patient.id)
    consent = make_consent(patient, organisation=hospital, scope=("imaging",))
    found = copy_of(host, patient)
    assert set(found) == {"Patient", "Organization", "ImagingStudy"}
    made = actions.order_export(patient, with_files=False, actor=host, at=AT)
    consent.withdrawn_at = AT
    consent.save()
    actions.make_export(made.id, at=AT)
    assert queries.get_export(made.id).problem == "not_allowed", "read with the rights of the moment it is made"


def test_a_copy_closes_with_each_consent_it_may_rest_on_whatever_other_one_holds(patient):
    hospital = make_organisation("江城市人民医院")
    host = as_staff(make_member("applicant", hospital).account, ("applicant", hospital.id))
    make_consent(patient, organisation=hospital, scope=("imaging",))
    papers = make_consent(patient, organisation=hospital, scope=("documents",))
    before = actions.order_export(patient, with_files=False, actor=host, at=AT)
    actions.make_export(before.id, at=AT)
    assert access.access_export(host, before.id, to="save").file is not None
    papers.withdrawn_at = AT + timedelta(seconds=1)
    papers.save()
    later = AT + timedelta(seconds=2)
    with time_machine.travel(later):
        with pytest.raises(NotVisible):
            access.access_export(host, before.id, to="save")
        after = actions.order_export(patient, with_files=False, actor=host, at=later)
        assert access.list_copies(host, patient, at=later) == [after]
        assert access.access_export(host, after.id) == after


def test_who_only_reads_takes_nothing_away(patient):
    expert = make_account("专家")
    make_consent(patient, account=expert)
    with pytest.raises(NotAllowed):
        access.access_copy(as_staff(expert, ("expert", make_organisation().id)), patient.id)


def test_of_joined_records_the_one_that_remains_holds_both(patient, doctor):
    head = staff("department_head", patient.organisation)
    other = make_patient(patient.organisation, name="李秀英")
    merge_patients(other, patient, actor=head, at=AT)
    found = copy_of(doctor, Patient.objects.get(id=patient.id))
    [person] = found["Patient"]
    assert person["id"] == str(other.id)
    assert {other.identity_number, patient.identity_number} <= {one["value"] for one in person["identifier"]}
    assert len(found["DocumentReference"]) == len(found["ImagingStudy"]) == 1
    assert all(one["subject"]["reference"] == f"urn:uuid:{other.id}" for one in found["Observation"])
