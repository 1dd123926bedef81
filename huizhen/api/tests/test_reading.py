"""Reading: one consultation, the list, tags, pages, and what others may not see."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from huizhen.api.tests.clients import Caller, token_for
from huizhen.consult.joint import actions
from huizhen.consult.joint.tests import builders
from huizhen.kernel.audit.models import AuditEntry
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.consent.queries import list_consents


def test_one_consultation(doctor, cast):
    sent = builders.submitted(cast)
    answer = doctor.get(f"/consult/joint/{sent.case_id}")
    body = answer.json()
    assert answer.status_code == 200
    assert (body["number"], body["state"], body["version"]) == (sent.case.number, "submitted", 1)
    assert body["question"] == sent.question
    assert body["patient"]["name"] == "周桂兰"
    assert body["my_capacities"] == ["applicant"]
    assert body["opened_at"].endswith("Z")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-ID"]
    last = AuditEntry.objects.latest("id")
    assert (last.action, last.patient_id, last.actor_id) == ("consult.joint.read", cast.patient.id, cast.applicant.id)
    assert last.origin["request"] == answer.headers["X-Request-ID"]


def test_a_tag_saves_the_second_transfer(doctor, coordinator, cast):
    sent = builders.submitted(cast)
    path = f"/consult/joint/{sent.case_id}"
    tag = doctor.get(path).headers["ETag"]
    assert tag.startswith('"1-')
    again = doctor.get(path, If_None_Match=tag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert AuditEntry.objects.filter(action="consult.joint.read").count() == 2
    coordinator.post(f"{path}/moves", {"name": "accept_material"})
    fresh = doctor.get(path, If_None_Match=tag)
    assert (fresh.status_code, fresh.json()["state"]) == (200, "received")
    # The steps and words of another reader or language are another tag.
    assert doctor.get(path, Accept_Language="en").headers["ETag"] != fresh.headers["ETag"]


def test_what_may_not_be_seen_is_not_there(stranger, cast):
    sent = builders.submitted(cast)
    answer = stranger.get(f"/consult/joint/{sent.case_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["Content-Type"] == "application/problem+json"
    for path in ("timeline", "messages", "moves", "opinions", "report", "report/file", "invitations"):
        assert stranger.get(f"/consult/joint/{sent.case_id}/{path}").status_code == 404
    assert stranger.get(f"/records/patients/{cast.patient.id}").status_code == 404
    assert stranger.get("/nothing/here").json()["code"] == "not_found"


def test_without_consent_an_expert_who_has_not_signed_reads_no_question(cast):
    sent = builders.reviewing(cast)
    [consent] = list_consents(cast.patient.id)
    withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    cast.later(minutes=1)
    for account, question in ((cast.experts[1], ""), (cast.applicant, sent.question)):
        body = Caller(token_for(account)).get(f"/consult/joint/{sent.case_id}").json()
        assert (body["question"], bool(body["summary"])) == (question, bool(question))
    asked = {"expert_ids": [str(builders.make_practitioner(name="晚到的专家").account.id)]}
    answer = Caller(token_for(cast.coordinator)).post(f"/consult/joint/{sent.case_id}/invitations", asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_agreed")


def test_without_consent_an_expert_who_answers_for_no_opinion_reads_no_report(cast):
    sent = builders.delivered(cast)
    actions.correct_report(cast.actor(cast.experts[0]), sent.case_id, reason="笔误", at=cast.later(minutes=1))
    actions.withdraw_opinion(cast.actor(cast.experts[1]), sent.case_id, reason="看错", at=cast.later(minutes=1))
    path = f"/consult/joint/{sent.case_id}"
    ways = ("report", "report/file", "report/versions", "report/versions/1/file", "questions")
    expert = Caller(token_for(cast.experts[1]))
    assert {expert.get(f"{path}/{way}").status_code for way in ways} == {200}
    [consent] = list_consents(cast.patient.id)
    withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    assert {expert.get(f"{path}/{way}").status_code for way in ways} == {404}
    doctor = Caller(token_for(cast.applicant))
    assert {doctor.get(f"{path}/{way}").status_code for way in ways} == {200}


def test_each_way_to_the_reports_file_leaves_its_entry(cast):
    path = f"/consult/joint/{builders.delivered(cast).case_id}"
    doctor = Caller(token_for(cast.applicant))
    reads = AuditEntry.objects.filter(action="consult.joint.report.read", actor_id=cast.applicant.id)
    for number, way in enumerate(("report/file", "report/versions/1/file"), start=1):
        answer = doctor.get(f"{path}/{way}")
        assert b"".join(answer.streaming_content).startswith(b"%PDF")
        assert (reads.count(), reads.latest("id").patient_id) == (number, cast.patient.id)
        assert reads.latest("id").data == {"version": 1}


SOMEBODY = "/records/patients/01932f5e-7a10-7cc0-8a2e-3f6c1b2d4e5f"


@pytest.mark.parametrize("path", ["/me", "/consult/joint", "/inbox", SOMEBODY])
def test_nobody_reads_without_a_token(path):
    answer = Caller().get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_logged_in")
    assert Caller("0123456789abcdef").get(path).status_code == 401


def test_the_pages_of_a_list_hold_still_while_cases_come_in(doctor, coordinator, cast):
    first = [str(builders.submitted(cast).case_id) for _ in range(5)]
    seen, path = [], "/consult/joint?scope=team&limit=2"
    while path:
        body = coordinator.get(path).json()
        seen += [item["id"] for item in body["items"]]
        path = body["next"] and body["next"].removeprefix("/api/v1")
        if len(seen) == 2:
            late = str(builders.submitted(cast).case_id)
    assert seen == [*first, late]
    assert doctor.get("/consult/joint?scope=team").json() == {"items": [], "next": None}
    line = doctor.get("/consult/joint?scope=part&limit=1").json()["items"][0]
    assert line["patient_name"] == "周＊"


def test_a_list_is_narrowed(coordinator, cast):
    urgent = builders.submitted(cast, urgency="urgent")
    builders.submitted(cast)
    for query in ("urgency=urgent", "state=submitted&urgency=urgent&limit=50"):
        items = coordinator.get(f"/consult/joint?scope=team&{query}").json()["items"]
        assert [item["id"] for item in items] == [str(urgent.case_id)]
    assert coordinator.get("/consult/joint?scope=team&state=closed").json()["items"] == []
    assert coordinator.get("/consult/joint?after=nonsense").json()["code"] == "bad_cursor"
    assert coordinator.get("/consult/joint?scope=all").json()["code"] == "invalid"


def test_the_steps_that_may_be_taken(doctor, coordinator, cast):
    sent = builders.submitted(cast)
    path = f"/consult/joint/{sent.case_id}/moves"
    assert {move["name"] for move in doctor.get(path).json()} == {"withdraw"}
    assert {"ask_material", "accept_material", "refer"} <= {move["name"] for move in coordinator.get(path).json()}


def test_an_ended_session_counts_from_the_next_request_on(cast):
    token = token_for(cast.applicant)
    assert Caller(token).get("/me").json()["name"] == "李明"
    UserSession.objects.get(session_key=token).end()
    assert Caller(token).get("/me").status_code == 401


def test_an_ended_membership_counts_from_the_next_request_on(coordinator, cast):
    sent = builders.submitted(cast)
    assert coordinator.get(f"/consult/joint/{sent.case_id}").status_code == 200
    cast.coordinator.memberships.update(until=cast.at)
    assert coordinator.get(f"/consult/joint/{sent.case_id}").status_code == 404


def test_a_new_password_and_a_closed_account_count_at_once(cast):
    caller = Caller(token_for(cast.applicant))
    assert caller.get("/me").status_code == 200
    cast.applicant.set_password("another-county-18")
    cast.applicant.save()
    assert caller.get("/me").status_code == 401
    caller = Caller(token_for(cast.coordinator))
    assert caller.get("/me").status_code == 200
    cast.coordinator.is_active = False
    cast.coordinator.save()
    assert caller.get("/me").status_code == 401


def test_an_idle_session_is_over(doctor, cast):
    assert doctor.get("/me").status_code == 200
    cast.later(minutes=20)
    assert doctor.get("/me").status_code == 200
    cast.later(minutes=31)
    answer = doctor.get("/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "session_over")
    assert doctor.get("/me").json()["code"] == "not_logged_in"


def test_staff_enrol_a_second_factor_first(doctor, settings):
    settings.SECOND_FACTOR = "required"
    assert doctor.get("/me").json()["code"] == "second_factor_required"


def test_the_console_s_cookie_reads_and_writes_with_its_csrf_token(cast):
    client = Client(enforce_csrf_checks=True)
    client.cookies["huizhen_session"] = token_for(cast.applicant)
    assert client.get("/api/v1/me").status_code == 200
    body, key = '{"ids": []}', {"Idempotency-Key": "cookie-key-1"}
    refused = client.post("/api/v1/inbox/seen", body, content_type="application/json", headers=key)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    client.cookies["csrftoken"] = "a" * 32
    headers = {**key, "X-CSRFToken": "a" * 32}
    assert client.post("/api/v1/inbox/seen", body, content_type="application/json", headers=headers).status_code == 200


@pytest.mark.parametrize(("path", "most"), [("", 3), ("/timeline", 4), ("/moves", 3)])
def test_a_read_costs_few_statements(doctor, cast, path, most, statements):
    sent = builders.submitted(cast)
    doctor.get(f"/consult/joint/{sent.case_id}{path}")
    with statements as told:
        assert doctor.get(f"/consult/joint/{sent.case_id}{path}").status_code == 200
    assert len(told) <= most, told


def test_a_list_costs_four_statements(coordinator, cast, statements):
    for _ in range(3):
        builders.submitted(cast)
    coordinator.get("/consult/joint?scope=team")
    with statements as told:
        assert len(coordinator.get("/consult/joint?scope=team").json()["items"]) == 3
    assert len(told) <= 4, told
