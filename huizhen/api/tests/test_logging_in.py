"""Logging in over the API: password and second factor for staff, a phone code for patients, and out again."""

from django.test import Client

from huizhen.api.tests.clients import Caller
from huizhen.kernel import clock
from huizhen.people.accounts import queries
from huizhen.people.accounts.fakes import ScreenSender
from huizhen.people.accounts.tests.people import app_code, enrol
from huizhen.people.tests.builders import PASSWORD, make_account

START = "/api/v1/auth/"


def call(method, path, body=None, token=""):
    headers = {"X-Session-Token": token} if token else {}
    kind = {"content_type": "application/json"} if body else {}
    return getattr(Client(), method)(START + path, body or "", **kind, headers=headers)


def test_staff_with_a_second_factor(settings):
    settings.SECOND_FACTOR = "required"
    account = enrol(make_account())
    first = call("post", "login", {"username": account.username, "password": PASSWORD})
    assert first.status_code == 401
    assert "mfa_authenticate" in [flow["id"] for flow in first.json()["data"]["flows"] if flow.get("is_pending")]
    pending = first.json()["meta"]["session_token"]
    assert Caller(pending).get("/me").status_code == 401
    second = call("post", "2fa/authenticate", {"code": app_code(account)}, pending)
    assert second.status_code == 200, second.content
    token = second.json()["meta"].get("session_token", pending)
    assert Caller(token).get("/me").json()["id"] == str(account.pk)
    assert call("delete", "session", token=token).status_code == 401
    assert Caller(token).get("/me").status_code == 401


def test_a_wrong_password_is_a_problem():
    answer = call("post", "login", {"username": "nobody", "password": "wrong-wrong-wrong"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.headers["Content-Type"] == "application/problem+json"
    for _ in range(5):
        answer = call("post", "login", {"username": "nobody", "password": "wrong-wrong-wrong"})
    assert answer.status_code in (422, 429)


def test_a_patient_by_phone():
    asked = call("post", "code/request", {"phone": "13800138000"})
    assert asked.status_code == 401, asked.content
    token = asked.json()["meta"]["session_token"]
    done = call("post", "code/confirm", {"code": ScreenSender().read_code("+8613800138000")}, token)
    assert done.status_code == 200, done.content
    token = done.json()["meta"].get("session_token", token)
    assert Caller(token).get("/me").json()["kind"] == "patient"
    assert queries.get_patient_by_phone("+8613800138000").created_at <= clock.now()
