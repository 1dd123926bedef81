"""What people see of their own results: theirs, in plain words, the version that counts; each look is written down."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.lab.histories.access import access_histories, access_token
from huizhen.lab.histories.rules import WORDS, words
from huizhen.lab.lookup.tokens import read_token
from huizhen.lab.results import actions
from huizhen.lab.results.models import Finding, Released
from huizhen.lab.specimens.queries import person_key
from huizhen.lab.specimens.rules import Entry
from huizhen.lab.tests.builders import entry, make_lab, patients_of, reading
from huizhen.people.accounts.queries import get_actor
from huizhen.people.tests.builders import make_account, make_member
from huizhen.records.fhir import validation
from huizhen.records.fhir.queries import write_copy
from huizhen.records.merging.actions import merge_patients, split_patients
from huizhen.records.patients.models import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def tested():
    """Ten people in one tube, negative; the first of them has an account."""
    lab = make_lab()
    tube, at = lab.collect(10), clock.now()
    actions.take([reading(tube, "Not detected")], message_id=uuid4(), instrument_id=None, at=at)
    first, second, *_rest = patients_of([tube])
    account = make_account(kind="patient")
    Patient.objects.filter(id=first).update(account=account)
    return SimpleNamespace(own=first, other=second, account=account, actor=get_actor(account), at=at)


def test_own_results_with_their_words(tested):
    (history,) = access_histories(tested.actor, tested.own, at=clock.now())
    shown = history.latest
    assert (shown.finding, shown.version, shown.together) == (Finding.NEGATIVE, 1, True)
    assert words(shown.finding)[0]
    entry = AuditEntry.objects.filter(action="lab.result.read").latest("id")
    assert (entry.actor_id, entry.patient_id) == (tested.account.id, tested.own)


def test_the_usual_range_of_this_person_stands_beside_a_number():
    lab, account = make_lab(), make_account(kind="patient")
    tube = lab.collect(entries=[entry(sex="female")], panel="CBC")
    [own] = patients_of([tube])
    Patient.objects.filter(id=own).update(account=account)
    lab.take(reading(tube, "101", "HGB"), at=clock.now())
    (history,) = access_histories(get_actor(account), own, at=clock.now())
    assert (history.latest.value, history.latest.usual) == ("101", "115–150")


def test_anybody_elses_results_are_not_there(tested):
    for access in (access_histories, access_token):
        with pytest.raises(NotVisible):
            access(tested.actor, tested.other, at=clock.now())


def test_the_token_names_the_person_and_nobody_else(tested):
    at = clock.now()
    said = read_token(access_token(tested.actor, tested.own, at=at), at.timestamp())
    assert said.records == (person_key(tested.own).bytes,)


def test_the_token_names_every_record_that_was_joined_and_only_until_they_are_taken_apart():
    lab, account, at = make_lab(), make_account(kind="patient"), clock.now()
    passport = Entry(name="刘桂兰", kind="passport", number="E40218871", sex="female", birth_on="1980-05-06")
    tubes = [lab.collect(entries=[one]) for one in (entry("刘桂兰"), passport, entry("刘桂芳"))]
    lab.take(*(reading(tube, "Negative") for tube in tubes), at=at)
    pair = [tube.persons.get().patient for tube in tubes[:2]]
    Patient.objects.filter(id=pair[0].id).update(account=account)

    def named(patient_id):
        said = read_token(access_token(get_actor(account), patient_id, at=at), at.timestamp())
        return set(said.records)

    keys = [person_key(one.id).bytes for one in pair]
    assert named(pair[0].id) == {keys[0]}
    merge = merge_patients(*pair, actor=lab.second, at=at)
    rows = Released.objects.filter(person__in=[UUID(bytes=one) for one in named(pair[0].id)])
    assert (named(pair[0].id), named(pair[1].id), rows.count()) == (set(keys), set(keys), 2)
    split_patients(merge, reason="two people after all", actor=lab.second, at=at)
    assert named(pair[0].id) == {keys[0]}
    with pytest.raises(NotVisible):
        named(pair[1].id)


def test_results_of_long_ago_are_in_the_archive_not_here(tested):
    assert access_histories(tested.actor, tested.own, at=tested.at + timedelta(days=800)) == []


def test_there_are_words_for_every_finding():
    assert set(WORDS) == set(Finding)


def test_the_page_and_its_token(client, tested):
    client.force_login(tested.account)
    page = client.get(reverse("me-results"))
    assert page.status_code == 200
    assert b"result-watch" in page.content
    assert set(client.get(reverse("me-results-token", args=[tested.own])).json()) == {"token"}
    assert client.get(reverse("me-results-token", args=[tested.other])).status_code == 404


def test_results_go_along_in_a_copy_of_the_record_to_the_person_alone(tested):
    patient = Patient.objects.get(id=tested.own)
    bundle = write_copy(tested.actor, patient, at=tested.at).bundle(patient.id)
    validation.check_bundle(bundle)
    held = {one["resource"]["resourceType"]: one["resource"] for one in bundle["entry"]}
    assert held["Observation"]["valueCodeableConcept"]["coding"][0]["code"] == "260415000"
    assert held["DiagnosticReport"]["result"] == [{"reference": f"urn:uuid:{held['Observation']['id']}"}]
    doctor = make_member("applicant", patient.organisation).account
    seen = write_copy(get_actor(doctor), patient, at=tested.at).bundle(patient.id)
    assert {one["resource"]["resourceType"] for one in seen["entry"]} == {"Patient", "Organization"}
