"""Writing: once per key, at the version seen, and refused with a code."""

import pytest

from huizhen.api.idempotency.actions import forget_old
from huizhen.api.idempotency.table import KeptAnswer
from huizhen.api.tests.clients import Caller, token_for
from huizhen.consult.joint.models import Application
from huizhen.consult.joint.tests import builders
from huizhen.kernel.flow.models import Case
from huizhen.records.tests.builders import make_number, make_patient


def application(cast, **given):
    """A body for `POST /consult/joint`."""
    wanted = builders.wanted(cast)
    fields = ("patient_id", "purpose", "question", "summary", "specialty", "consent_file_id", "document_ids")
    return {**{name: getattr(wanted, name) for name in fields}, **given}


def test_an_application_is_sent_once_however_often(doctor, cast):
    body = application(cast)
    answers = [doctor.post("/consult/joint", body, Idempotency_Key="one-application") for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 201, 201]
    assert len({a.content for a in answers}) == 1
    assert len({(a.headers["Location"], a.headers["ETag"]) for a in answers}) == 1
    assert [a.headers.get("Idempotency-Replayed") for a in answers] == [None, "true", "true"]
    assert Case.objects.count() == 1
    assert doctor.get(answers[0].headers["Location"].removeprefix("/api/v1")).json()["state"] == "submitted"


def test_a_key_belongs_to_one_request_of_one_account(doctor, cast):
    body = application(cast)
    doctor.post("/consult/joint", body, Idempotency_Key="one-application")
    other = doctor.post("/consult/joint", {**body, "question": "另一个问题？"}, Idempotency_Key="one-application")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    patient = Caller(token_for(cast.patient_account))
    body = {**body, "consent_file_id": None, "document_ids": []}
    assert patient.post("/consult/joint", body, Idempotency_Key="one-application").status_code == 201
    assert Case.objects.count() == 2


def test_a_write_needs_a_key(doctor, cast):
    for key in ("", "short", "with space in it"):
        answer = doctor.post("/consult/joint", application(cast), Idempotency_Key=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_a_kept_answer_is_sealed_and_forgotten_after_a_day(doctor, cast):
    doctor.post("/inbox/seen", {}, Idempotency_Key="one-application")
    kept = KeptAnswer.objects.get()
    assert b"seen" not in bytes(kept.__dict__["answer"].data)
    assert "seen" in kept.answer
    assert forget_old(at=cast.at) == 0
    cast.later(hours=25)
    assert forget_old(at=cast.at) == 1


def test_what_was_refused_may_be_tried_again_under_its_key(doctor, coordinator, cast):
    sent = builders.submitted(cast)
    path = f"/consult/joint/{sent.case_id}/moves"
    step = {"name": "start_assigning"}
    refused = coordinator.post(path, step, Idempotency_Key="begin-assigning")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert refused.json()["details"] == {"state": "submitted"}
    coordinator.post(path, {"name": "accept_material"})
    assert coordinator.post(path, step, Idempotency_Key="begin-assigning").status_code == 200


def test_if_match_holds_the_version(doctor, coordinator, cast):
    sent = builders.submitted(cast)
    path = f"/consult/joint/{sent.case_id}"
    tag = coordinator.get(path).headers["ETag"]
    taken = coordinator.post(f"{path}/moves", {"name": "accept_material"}, If_Match=tag)
    assert (taken.status_code, taken.json()["state"]) == (200, "received")
    late = coordinator.post(f"{path}/moves", {"name": "start_assigning"}, If_Match=tag)
    assert (late.status_code, late.json()["code"]) == (412, "version_changed")
    assert coordinator.post(f"{path}/moves", {"name": "start_assigning"}, If_Match='"x"').status_code == 412
    fresh = taken.headers["ETag"]
    assert coordinator.post(f"{path}/moves", {"name": "start_assigning"}, If_Match=fresh).status_code == 200


def test_seen_is_not_allowed(doctor, cast):
    sent = builders.submitted(cast)
    answer = doctor.post(f"/consult/joint/{sent.case_id}/moves", {"name": "accept_material"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_a_guard_s_code_and_facts_come_through(coordinator, cast):
    sent = builders.assigning(cast)
    answer = coordinator.post(f"/consult/joint/{sent.case_id}/moves", {"name": "start_review"})
    assert (answer.status_code, answer.json()["code"]) == (422, "too_few_experts")
    assert answer.json()["details"] == {"needed": 1, "accepted": 0}
    answer = coordinator.post(f"/consult/joint/{sent.case_id}/moves", {"name": "refer"})
    assert (answer.status_code, answer.json()["code"]) == (422, "needs_missing")
    assert answer.json()["details"] == {"needs": ["reason"]}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"urgency": "very"}, "urgency"),
        ({"surprise": 1}, "surprise"),
        ({"question": ""}, "question"),
        ({"question": "a\x00b"}, "question"),
        ({"patient_id": "me"}, "patient_id"),
        ({"specialty": "no-such"}, "specialty"),
        ({"consent_file_id": None}, "evidence"),
    ],
)
def test_values_that_are_not_accepted_are_named(doctor, cast, changed, field):
    answer = doctor.post("/consult/joint", application(cast, **changed))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert field in [error["field"].split(".")[-1] for error in answer.json()["errors"]]
    assert not Case.objects.exists()


def test_another_patient_s_document_is_not_attached(doctor, cast):
    other = make_patient(cast.county)
    cast.patient, mine = other, cast.patient
    foreign = builders.make_document(cast)
    cast.patient = mine
    answer = doctor.post("/consult/joint", application(cast, document_ids=[foreign]))
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_material")
    assert not Application.objects.exists()


@pytest.mark.parametrize("body", [b"{", b"[1", b"\xff\xfe", b'"text"', b"null"])
def test_what_is_no_json_is_refused(doctor, body):
    answer = doctor.client.generic(
        "POST", "/api/v1/consult/joint", body, content_type="application/json",
        headers={**doctor.headers, "Idempotency-Key": "broken-json"},
    )  # fmt: skip
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("bad_request", "invalid")


def test_a_wrong_method_and_a_large_body(doctor):
    assert doctor.call("DELETE", "/consult/joint").json()["code"] == "wrong_method"
    answer = doctor.post("/consult/joint", {"question": "x" * 3_000_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_searching_too_often_is_stopped(doctor, cast):
    known = {"identity_number": cast.patient.identity_number}
    found = doctor.post("/records/patients/search", known, Idempotency_Key="")
    assert [person["id"] for person in found.json()] == [str(cast.patient.id)]
    assert found.json()[0]["identifier"]["value"] != cast.patient.identity_number
    for _ in range(59):
        doctor.post("/records/patients/search", {"name": "谁"}, Idempotency_Key="")
    stopped = doctor.post("/records/patients/search", known, Idempotency_Key="")
    assert (stopped.status_code, stopped.json()["code"]) == (429, "too_often")
    assert 1 <= int(stopped.headers["Retry-After"]) <= 60
    cast.later(minutes=2)
    assert doctor.post("/records/patients/search", known, Idempotency_Key="").status_code == 200


def test_registering_too_often_is_stopped(doctor, cast):
    person = {"organisation_id": str(cast.county.id), "name": "赵一", "identifier": {"value": "wrong"},
              "gender": "male", "birth_date": "1950-01-01"}  # fmt: skip
    for _ in range(60):
        assert doctor.post("/records/patients", person).status_code == 422
    assert doctor.post("/records/patients", person).status_code == 429


def test_guessing_tokens_is_stopped(doctor):
    for number in range(120):
        Caller(f"guess{number}").get("/me")
    assert Caller("guess").get("/me").status_code == 429
    assert doctor.get("/me").status_code == 200


def test_a_registration(doctor, cast, coordinator):
    person = {
        "organisation_id": cast.county.id, "name": "赵新", "gender": "female", "birth_date": "1958-04-12",
        "identifier": {"kind": "resident", "value": make_number()}, "phone": "13800138000",
    }  # fmt: skip
    made = doctor.post("/records/patients", person)
    assert made.status_code == 201
    assert doctor.get(made.headers["Location"].removeprefix("/api/v1")).json() == made.json()
    twice = doctor.post("/records/patients", person)
    assert (twice.status_code, twice.json()["errors"][0]["code"]) == (422, "duplicate")
    assert coordinator.post("/records/patients", person).status_code == 403
