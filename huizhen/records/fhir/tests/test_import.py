"""A bundle from elsewhere: what is taken, what is refused and why, and that twice is once."""

import base64
import json
from datetime import date
from decimal import Decimal
from functools import reduce

import pytest
from django.db import ProgrammingError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from huizhen.kernel import files, outbox
from huizhen.kernel.access import NotAllowed
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.files import open_file
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_account
from huizhen.records.documents import queries as users
from huizhen.records.documents.queries import documents_of
from huizhen.records.documents.samples import ecg_picture
from huizhen.records.fhir import access, actions, bundle, queries, rules, shapes, validation, verdicts
from huizhen.records.fhir.actions import importing
from huizhen.records.fhir.models import FhirImport, FhirPiece
from huizhen.records.fhir.person import Known
from huizhen.records.fhir.tests.conftest import AT
from huizhen.records.patients.models import Patient
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import family, staff
from huizhen.records.tests.builders import make_number, make_patient
from huizhen.records.timeline.access import list_entries

pytestmark = pytest.mark.django_db
PNG = base64.b64encode(ecg_picture()).decode()


@pytest.fixture
def empty(doctor):
    """A record with nothing in it."""
    home = Organisation.objects.get(id=doctor.memberships[0].organisation_id)
    return make_patient(home, name="王建国", account=make_account(kind="patient"))


def person(patient, **changes):
    return {
        "resourceType": "Patient", "id": "p", "name": [{"text": patient.name}], "birthDate": "1958-04-12",
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": patient.identity_number}], **changes,
    }  # fmt: skip


def observation(name="血糖", **changes):
    return {
        "resourceType": "Observation", "status": "final", "code": {"text": name},
        "subject": {"reference": "urn:uuid:p"}, "effectiveDateTime": "2026-02-01",
        "valueQuantity": {"value": Decimal("5.60"), "unit": "mmol/L"}, **changes,
    }  # fmt: skip


def paper(**attachment):
    held = {"contentType": "image/png", "data": PNG, **attachment}
    return {
        "resourceType": "DocumentReference", "status": "current", "description": "心电图",
        "subject": {"reference": "urn:uuid:p"},
        "content": [{"attachment": {name: value for name, value in held.items() if value is not None}}],
    }  # fmt: skip


def pack(*resources, kind="collection"):
    entries = [{"fullUrl": f"urn:uuid:{one.get('id', place)}", "resource": one} for place, one in enumerate(resources)]
    return shapes.encode({"resourceType": "Bundle", "type": kind, "entry": entries})


def offer(patient, doctor, data, name="record.json"):
    upload = files.store(name, data, actor=doctor, at=AT, purpose="fhir")
    run = actions.start_import(patient, upload.id, actor=doctor, at=AT)
    actions.check_import(run.id, at=AT)
    return FhirImport.objects.get(id=run.id)


def take(run, doctor):
    actions.confirm_import(run, actor=doctor, at=AT)
    actions.take_import(run.id, at=AT)
    return FhirImport.objects.get(id=run.id)


def outcomes(run):
    return [(one["outcome"], one["code"], one["path"]) for one in run.verdicts]


def clinical(actor, patient):
    """What a copy says about the illness, apart from keys and who added what when."""
    held = queries.write_copy(actor, patient, at=AT, with_files=True).bundle(patient.id)
    validation.check_bundle(held)
    names = ("code", "description", "valueQuantity", "valueString", "interpretation", "referenceRange", "effectiveDateTime",
             "type", "series", "started", "data")  # fmt: skip
    return sorted(
        shapes.encode({"type": one["resource"]["resourceType"], **{n: one["resource"][n] for n in names if n in one["resource"]}})
        for one in held["entry"]
        if one["resource"]["resourceType"] not in ("Patient", "Organization", "Practitioner")
    )  # fmt: skip


def test_a_copy_brought_into_an_empty_record_gives_the_same_copy_again_and_twice_is_once(patient, doctor):
    before = clinical(doctor, patient)
    data = shapes.encode(queries.write_copy(doctor, patient, at=AT, with_files=True).bundle(patient.id))
    assert {one["outcome"] for one in offer(patient, doctor, data).verdicts} == {"here", "file"}, "all of it is here"
    Patient.objects.filter(id=patient.id).update(retired_at=AT)
    # The images themselves do not travel; elsewhere the study's numbers are nobody's.
    patient.studies.update(study_uid="1.2.3")
    other = make_patient(patient.organisation, name=patient.name, identity_number=patient.identity_number)
    run = offer(other, doctor, data)
    assert {one["outcome"] for one in run.verdicts} == {"here", "take", "file"}
    run = take(run, doctor)
    assert (run.state, run.source) == ("taken", "青山县人民医院")
    assert clinical(doctor, other) == before
    with open_file(run.file) as stream:
        assert stream.read() == data, "kept as it came"
    again = offer(other, doctor, data)
    assert not any(one["outcome"] == "take" for one in again.verdicts)
    with pytest.raises(Refused):
        actions.confirm_import(again, actor=doctor, at=AT)
    assert AuditEntry.objects.filter(action="records.fhir.taken", patient_id=other.id).exists()


def test_what_was_brought_stands_in_the_time_line_with_its_source(empty, doctor):
    clinic = {"resourceType": "Organization", "id": "o", "name": "白石镇卫生院"}
    glucose = observation(interpretation=[{"coding": [{"code": "H"}]}])
    report = {
        "resourceType": "DiagnosticReport", "status": "final", "code": {"text": "生化"}, "subject": {"reference": "urn:uuid:p"},
        "effectiveDateTime": "2026-02-01", "result": [{"reference": "urn:uuid:g"}],
    }  # fmt: skip
    data = pack(person(empty), clinic, {**glucose, "id": "g"}, report, paper())
    take(offer(empty, doctor, data), doctor)
    outbox.run_pending(AT)
    found = {one.title: one for one in list_entries(doctor, empty)}
    assert {one.source for one in found.values()} == {"白石镇卫生院"}
    assert (found["生化"].kind, found["生化"].odd) == ("brought", (("血糖 5.60 mmol/L", "high"),))
    assert found["心电图"].kind == "document"
    assert "血糖" not in found, "a result stands in its report"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{not json", "not_json"),
        (b'{"resourceType": "Patient"}', "not_bundle"),
        (b"<Bundle xmlns='http://hl7.org/fhir'/>", "xml"),
        (b'{"resourceType": "Bundle", "type": "transaction", "entry": [{}]}', "bundle_type"),
        (b'{"resourceType": "Bundle", "type": "collection"}', "empty_bundle"),
        (b'{"resourceType": "Bundle", "type": "collection", "entry": [' + b"{}," * 99_999 + b"{}]}", "too_many"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
        (b'{"a": ' + b"[" * 70 + b"]" * 70 + b"}", "too_deep"),
        (b'{"a": 1e999999999}', "not_json"),
        (b'{"a": NaN}', "not_json"),
    ],
)
def test_what_is_no_bundle_is_refused_whole(data, code):
    with pytest.raises(bundle.BadBundle, match=code):
        bundle.read_bundle(data)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"identifier": []}, "no_identity"),
        ({"identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "110101195804120020"}]}, "wrong_number"),
        ({"identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "11010519491231002X"}]}, "another_person"),
        ({"name": [{"family": "李", "given": ["四"]}]}, "name_differs"),
        ({"birthDate": "1960-01-01"}, "birth_differs"),
        ({"birthDate": "1958-13-01"}, "bad_patient"),
    ],
)
def test_a_person_is_known_by_number_and_never_by_name_alone(empty, doctor, changes, problem):
    run = offer(empty, doctor, pack(person(empty, **changes), observation()))
    assert (run.state, run.problem) == ("refused", problem)


def test_several_patients_or_none_are_refused(empty, doctor):
    assert offer(empty, doctor, pack(person(empty), person(empty, id="q"))).problem == "two_patients"
    assert offer(empty, doctor, pack(observation())).problem == "no_patient"


@pytest.mark.parametrize(
    ("resource", "code", "path"),
    [
        ({"resourceType": "Transport", "status": "completed"}, "r5_only", "resourceType"),
        ({"resourceType": "Horoscope"}, "unknown_type", "resourceType"),
        ({"resourceType": "Basic", "code": {"text": "x"}}, "not_taken", "resourceType"),
        ({"resourceType": "Consent"}, "consent", ""),
        (observation(triggeredBy=[]), "invalid_unknown", "triggeredBy"),
        ({k: v for k, v in observation().items() if k != "code"}, "invalid_missing", "code"),
        (observation(effectiveDateTime="2026-02-31"), "invalid_form", "effectiveDateTime"),
        (observation(effectiveDateTime="2027-01"), "future", "effectiveDateTime"),
        (observation(effectiveDateTime="1950-01-01"), "before_birth", "effectiveDateTime"),
        (observation(status="entered-in-error"), "entered_in_error", "status"),
        (observation(subject={"reference": "Patient/q"}), "other_patient", "subject"),
        ({k: v for k, v in observation().items() if k != "subject"}, "no_subject", "subject"),
        (observation(performer=[{"reference": "urn:uuid:nobody"}]), "dangling", "performer.0"),
        (paper(contentType="application/pdf"), "wrong_type", "content.0.attachment"),
        (paper(data=base64.b64encode(b"MZ program").decode()), "wrong_type", "content.0.attachment"),
        (paper(data=base64.b64encode(b"plain words").decode(), contentType="text/plain"), "type_not_kept", "content.0.attachment"),
        (paper(data=PNG[:400]), "bad_file", "content.0.attachment"),
        (paper(data=None), "no_content", "content.0.attachment"),
        (paper(size=3), "size_differs", "content.0.attachment"),
        (paper(hash="2jmj7l5rSw0yVb/vlWAYkK/YBwk="), "hash_differs", "content.0.attachment"),
        ({"resourceType": "Binary", "contentType": "image/png", "data": PNG}, "loose_file", ""),
    ],
)  # fmt: skip
def test_each_refused_entry_is_named_with_place_path_and_reason(empty, doctor, resource, code, path):
    run = offer(empty, doctor, pack(person(empty), resource, observation("肌酐")))
    assert outcomes(run)[1:] == [("refused", code, path), ("take", "", "")]


def test_a_repeated_address_names_nobody_and_a_report_is_whole_or_not_there(empty, doctor):
    one, two = ({**observation(name), "id": "same"} for name in ("甲", "乙"))
    report = {
        "resourceType": "DiagnosticReport", "status": "final", "code": {"text": "生化"},
        "subject": {"reference": "urn:uuid:p"}, "result": [{"reference": "urn:uuid:same"}],
    }  # fmt: skip
    run = offer(empty, doctor, pack(person(empty), one, two, report))
    assert [code for _outcome, code, _path in outcomes(run)] == ["", "duplicate_url", "duplicate_url", "depends"]


def test_an_examination_of_another_person_is_refused(empty, patient, doctor):
    uid = patient.studies.get().study_uid
    study = {
        "resourceType": "ImagingStudy", "status": "available", "subject": {"reference": "urn:uuid:p"},
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}],
    }  # fmt: skip
    assert offer(empty, doctor, pack(person(empty), study)).verdicts[1]["code"] == "other_study"


def test_rights_are_asked_again_when_it_is_taken(empty, doctor):
    run = offer(empty, doctor, pack(person(empty), observation()))
    actions.confirm_import(run, actor=doctor, at=AT)
    type(run.started_by.memberships.get()).objects.filter(account=run.started_by).update(until=AT)
    actions.take_import(run.id, at=AT)
    run.refresh_from_db()
    assert (run.state, run.problem, FhirPiece.objects.count()) == ("refused", "nothing_now", 0)


@pytest.mark.parametrize("where", ["files.store", "add_document", "FhirPiece.objects.bulk_create", "audit.record"])
def test_killed_while_it_is_taken_in_nothing_is_half_and_the_job_takes_it_once(empty, doctor, monkeypatch, where):
    """The process dies after the file is stored, the document written, the pieces written, all but the commit done."""
    run = offer(empty, doctor, pack(person(empty), observation(), paper()))
    actions.confirm_import(run, actor=doctor, at=AT)
    *path, name = where.split(".")
    target = reduce(getattr, path, importing)
    real = getattr(target, name)

    def dies(*given, **more):
        real(*given, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(target, name, dies)
        with pytest.raises(KeyboardInterrupt):
            actions.take_import(run.id, at=AT)
    run.refresh_from_db()
    held = (run.state, FhirPiece.objects.count(), documents_of([empty.id]).count())
    assert held == ("taking", 0, 0), "nothing of it stands in the record"
    outbox.run_pending(AT)  # the job that was never ended, begun anew
    run.refresh_from_db()
    assert (run.state, run.taken, documents_of([empty.id]).count()) == ("taken", 2, 1)
    assert FhirPiece.objects.count() == 2
    assert AuditEntry.objects.filter(action="records.fhir.taken").count() == 1


def test_an_import_is_taken_back_but_for_what_a_case_rests_on_and_may_come_again(empty, doctor, monkeypatch):
    clinic = {"resourceType": "Organization", "id": "o", "name": "白石镇卫生院"}
    used = {**paper(), "author": [{"reference": "urn:uuid:o"}]}
    data = pack(person(empty), clinic, observation(), used)
    run = take(offer(empty, doctor, data), doctor)
    document = documents_of([empty.id]).get()
    by = {"actor": doctor, "at": AT}
    for reason in (" ", "x" * 501):
        with pytest.raises(Refused, match="reason"):
            actions.take_back(run, reason=reason, **by)
    monkeypatch.setattr(users, "_users", [lambda keys: dict.fromkeys(keys, "J-1")])
    stays = actions.take_back(run, reason="拿错了病人的文件", **by)
    assert actions.take_back(run, reason="拿错了病人的文件", **by) == stays
    assert {FhirPiece.objects.get(id=key).kind for key in stays} == {"DocumentReference", "Organization"}
    run.refresh_from_db()
    assert (run.state, run.taken_back_why) == ("taken_back", "拿错了病人的文件")
    assert [one.kind for one in list_entries(doctor, empty) if one.kind in ("brought", "document")] == ["document"]
    assert b"mmol/L" not in b"".join(clinical(doctor, empty)), "it does not travel with a copy either"
    seen = AuditEntry.objects.get(action="records.fhir.taken_back")
    assert (seen.patient_id, seen.data) == (empty.id, {"entries": 1, "kept": 2})
    again = take(offer(empty, doctor, data, "again.json"), doctor)
    assert (again.state, again.taken) == ("taken", 1), "only what is not there"
    monkeypatch.setattr(users, "_users", [])
    her = family(empty.account)
    assert access.access_import(her, again.id) == again
    with pytest.raises(NotAllowed):
        access.access_import(her, again.id, to="take_back")
    assert access.access_import(doctor, again.id, to="take_back") == again
    assert actions.take_back(again, reason="还是错的", **by) == {}
    assert documents_of([empty.id]).get() == document, "what another import brought stays"
    with pytest.raises(Refused, match="nothing_to_take_back"):
        actions.take_back(offer(empty, doctor, pack(person(empty), observation("钾"))), reason="x", **by)
    with pytest.raises(ProgrammingError), transaction.atomic():
        FhirPiece.objects.update(kind="Odd")


def test_only_ones_own_finished_upload_can_be_offered(empty, doctor):
    other = staff("applicant")
    upload = files.store("record.json", pack(person(empty)), actor=other, at=AT, purpose="fhir")
    with pytest.raises(Refused, match="not_yours"):
        actions.start_import(empty, upload.id, actor=doctor, at=AT)
    with pytest.raises(files.Refused, match="wrong_type"):
        files.store("record.json", b"words", actor=doctor, at=AT, purpose="fhir")


def test_a_family_sees_what_was_brought(empty, doctor):
    take(offer(empty, doctor, pack(person(empty), observation())), doctor)
    own = json.loads(shapes.encode(queries.write_copy(family(empty.account), empty, at=AT).bundle(empty.id)))
    assert [
        one["resource"]["code"]["text"] for one in own["entry"] if one["resource"]["resourceType"] == "Observation"
    ] == ["血糖"]


ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "Patient/p", "urn:uuid:0", "2026", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "text", "reference", "value", "system", "url", "id"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_whatever_stands_anywhere_each_entry_gets_a_verdict(data):
    whole = [paper(), observation(), {"resourceType": "ImagingStudy", "status": "available"}]
    for one in whole:
        for name in data.draw(st.lists(st.sampled_from([*one, "code", "identifier", "contained", "note"]), max_size=2)):
            one[name] = data.draw(ODD)
    number = make_number()
    known = Known(frozenset({("resident", number)}), frozenset(), frozenset({"王"}), frozenset({date(1958, 4, 12)}))
    who = {"resourceType": "Patient", "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": number}]}
    entries = bundle.read_bundle(pack(who, *whole))
    found = verdicts.judge(entries, verdicts.Record(known, date(1958, 4, 12), AT.date()))
    assert [one.place for one in found] == [1, 2, 3, 4]
    assert all((one.outcome == "refused") == bool(one.code) for one in found)
    assert {one.code for one in found} - {""} <= rules.REASONS.keys()
