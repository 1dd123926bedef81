"""The time line: in order, gathered by month, every piece by its own rule, and one entry in the audit for all of it."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.counting import Statements
from huizhen.kernel import files
from huizhen.kernel.access import NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.models import Case
from huizhen.people.tests.builders import make_account
from huizhen.records.documents.actions import add_document
from huizhen.records.documents.tests.test_rules import make_pdf
from huizhen.records.patients.actions import correct_patient
from huizhen.records.tests.actors import as_staff, family, staff
from huizhen.records.tests.builders import make_consent, make_patient
from huizhen.records.tests.cases import close_case, make_case
from huizhen.records.timeline import access, rules
from huizhen.records.transcripts.actions import confirm_transcript
from huizhen.records.transcripts.models import Transcript
from huizhen.records.transcripts.rules import Item

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAYS = st.dates(date(2020, 1, 1), date(2026, 12, 31))
ENTRIES = st.lists(
    st.builds(rules.Entry, on=DAYS, kind=st.sampled_from(rules.KINDS), about=st.uuids(), what=st.just("")), max_size=30
)


@given(ENTRIES)
def test_every_entry_stands_once_in_its_month_and_the_months_run_backwards(entries):
    months = rules.by_month(rules.narrow(entries))
    firsts = [month for month, _ in months]
    assert firsts == sorted(set(firsts), reverse=True)
    assert sorted((e.order for _, those in months for e in those)) == sorted(e.order for e in entries)


def test_narrowed_by_kind_and_place():
    here, there = uuid4(), uuid4()
    made = [rules.Entry(date(2026, 1, day), kind, uuid4(), "", place=place)
            for day, (kind, place) in enumerate([("document", here), ("study", here), ("document", there)], 1)]  # fmt: skip
    assert [one.on.day for one in rules.narrow(made, kind="document")] == [3, 1]
    assert [one.on.day for one in rules.narrow(made, place=here)] == [2, 1]


@pytest.mark.django_db
def test_who_sees_what_of_it():
    patient = make_patient(account=make_account(kind="patient"))
    doctor, expert = staff("applicant", patient.organisation), make_account()
    upload = files.store("a.pdf", make_pdf(), actor=doctor, at=AT, purpose="document")
    document = add_document(patient, file_id=upload.id, kind="lab_report", title="血常规", actor=doctor, at=AT,
                            taken_on=date(2025, 12, 30))  # fmt: skip
    transcript = Transcript.objects.create(document=document, asked_at=AT, state="failed")
    items = [Item("白细胞", "11.8", "10^9/L", "3.5-9.5", "high"), Item("钾", "4.1", "mmol/L", "3.5-5.3")]
    confirm_transcript(transcript, items, seen=0, actor=doctor, at=AT)
    make_consent(patient, account=expert, scope=["documents"])
    make_case(patient)
    correct_patient(patient, {"phone": "13800138000"}, reason="本人告知", actor=doctor, at=AT)
    seen = {name: sorted(one.kind for one in access.list_entries(actor, access.access_timeline(actor, patient.id)))
            for name, actor in (("own", family(patient.account)), ("expert", as_staff(expert)))}  # fmt: skip
    assert seen == {"own": ["consent", "correction", "document"], "expert": ["document"]}
    [entry] = access.list_entries(as_staff(expert), patient)
    assert (entry.on, entry.odd) == (date(2025, 12, 30), (("白细胞 11.8 10^9/L", "high"),))
    assert AuditEntry.objects.filter(action="records.timeline.read", patient_id=patient.id).count() == 2
    with pytest.raises(NotVisible):
        access.access_timeline(staff("applicant"), patient.id)


@pytest.fixture
def crowded():
    """A record with 23 open and 24 ended cases, the doctor of its hospital, and an expert of all of them."""
    patient, expert = make_patient(), make_account()
    # Of a kind that has a flow: lists look only for kinds that their reader may see.
    made = [make_case(patient, kind="consult.joint", expert=expert) for _number in range(47)]
    for case in made[:24]:
        close_case(case)
    for number, case in enumerate(made[24:]):
        Case.objects.filter(id=case.id).update(due_at=AT + timedelta(hours=number))
    return patient, staff("department_head", patient.organisation), expert, {case.id for case in made}


def told_cases(actor, patient):
    return [one.about for one in access.of_cases(actor, patient)]


@pytest.mark.django_db
@pytest.mark.parametrize("at_once", [3, 20, 200])
def test_no_case_of_a_long_record_is_left_out(crowded, monkeypatch, at_once):
    patient, head, expert, cases = crowded
    monkeypatch.setattr(rules, "CASES_AT_ONCE", at_once)
    for actor in (head, as_staff(expert), as_staff(expert, ("department_head", patient.organisation_id))):
        found = told_cases(actor, patient)
        assert (len(found), set(found)) == (47, cases)
    assert told_cases(staff("department_head"), patient) == []


@pytest.mark.django_db
def test_the_cases_of_a_long_record_cost_five_statements(crowded):
    patient, head, _expert, _cases = crowded
    told_cases(head, patient)  # so that the tree of organisations is known
    with Statements() as asked:
        assert len(told_cases(head, patient)) == 47
    assert len([one for one in asked if "kernel_case" in one]) == 5, asked
    assert len(asked) <= 6, "and one that asks whether the tree is still the same"


@pytest.mark.django_db
def test_what_is_cut_off_are_the_oldest_ended_ones_and_it_is_said(crowded, monkeypatch):
    patient, head, _expert, _cases = crowded
    assert not rules.is_cut(access.of_cases(head, patient))
    monkeypatch.setattr(rules, "CASES_AT_ONCE", 10)
    monkeypatch.setattr(rules, "MOST_CASES", 30)
    found = list(access.of_cases(head, patient))
    assert rules.is_cut(found)
    still_open = set(Case.objects.filter(closed_at=None).values_list("id", flat=True))
    assert len(found) == 30
    assert still_open <= {one.about for one in found}
