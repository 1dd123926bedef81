"""Calling the API as somebody, and holding each answer against the schema that stands in the OpenAPI file."""

import itertools
import json
import re
from functools import cache
from typing import Any

import jsonschema_rs
from allauth.usersessions.models import UserSession
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from huizhen.api.server import api
from huizhen.kernel import clock
from huizhen.people.accounts import sessions

_serial = itertools.count(1)


def token_for(account: Any) -> str:
    """The token of a fresh session, as logging in makes one."""
    now = clock.now().timestamp()
    session = SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = "huizhen.people.accounts.backends.Backend"
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session[sessions.BEGAN] = session[sessions.SEEN] = now
    session.save()
    UserSession.objects.create(user=account, session_key=session.session_key, ip="127.0.0.1", user_agent="test")
    return str(session.session_key)


def fresh_key() -> str:
    """An Idempotency-Key that nobody has used."""
    return f"test-key-{next(_serial)}"


class Caller:
    """Somebody with a token. Each answer is checked against the OpenAPI description."""

    def __init__(self, token: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"X-Session-Token": token} if token else {}

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """`Idempotency_Key=""` leaves the key out."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if method != "GET":
            sent.setdefault("Idempotency-Key", fresh_key())
        sent = {name: value for name, value in sent.items() if value}
        data = json.dumps(body, default=str) if body is not None else b""
        kind = "application/json" if method != "GET" else "application/octet-stream"
        answer = self.client.generic(method, f"/api/v1{path}", data, content_type=kind, headers=sent)
        check(method, path, answer)
        return answer


def check(method: str, path: str, answer: Any) -> None:
    """The answer is one that the description promises."""
    found = operation(method, path.partition("?")[0])
    if found is None:
        return
    assert str(answer.status_code) in found["responses"], (method, path, answer.status_code)
    described = found["responses"][str(answer.status_code)].get("content", {})
    kind = answer.headers.get("Content-Type", "")
    if described and answer.content:
        assert kind in described, (kind, answer.content[:300])
        validator({"schema": described[kind]["schema"]}).validate(json.loads(answer.content))


def operation(method: str, path: str) -> Any:
    """The operation of an address, by the description."""
    for pattern, methods in schema()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", pattern), f"/api/v1{path}") and method.lower() in methods:
            return methods[method.lower()]
    return None


@cache
def schema() -> Any:
    return json.loads(json.dumps(api.get_openapi_schema(path_prefix="api/v1/"), default=str))


def validator(part: Any) -> Any:
    return jsonschema_rs.validator_for({"components": schema()["components"], **part["schema"]})
