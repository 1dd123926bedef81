"""How endpoints are declared: `@reads(...)` and `@writes(...)`. Writes go through the idempotency key, once each."""

import functools
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router

from huizhen.api.answers import JSON
from huizhen.api.authentication import limit
from huizhen.api.idempotency.actions import once
from huizhen.api.idempotency.queries import Answer, digest_request
from huizhen.api.problems import Problem
from huizhen.kernel import clock
from huizhen.kernel.flow.door import Stale
from huizhen.kernel.limits import Limit
from huizhen.people.accounts.requests import actor_of

View = Callable[..., HttpResponseBase]
Act = Callable[..., HttpResponse]

KEY = re.compile(r"[A-Za-z0-9_-]{8,200}")
TAG = re.compile(r'"(\d{1,9})(-[0-9a-f]+)?"')
KEPT_HEADERS = ("Location", "ETag")
REPLAYED = "Idempotency-Replayed"
KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "Chosen by the client for this one act; sent again with every retry of it. Kept for 24 hours.",
    "schema": {"type": "string", "pattern": f"^{KEY.pattern}$"},
}
MATCH_PARAMETER = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "description": "The ETag of the case as the client has seen it; 412 where it has changed since.",
    "schema": {"type": "string", "pattern": f"^{TAG.pattern}$"},
}
NONE_MATCH_PARAMETER = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "The ETag that the client holds; 304 where nothing has changed.",
    "schema": {"type": "string"},
}


def reads(
    router: Router, path: str, gives: Any, *, method: str = "GET", tagged: bool = False, anybody: bool = False
) -> Callable[[View], View]:
    """An endpoint that changes nothing. `tagged`: it answers with an ETag. `anybody`: nobody need log in."""
    responses = {200: gives, 304: None} if tagged else {200: gives}
    extra = {"parameters": [NONE_MATCH_PARAMETER]} if tagged else None

    open_to: dict[str, Any] = {"auth": None} if anybody else {}

    def declare(view: View) -> View:
        declared = router.api_operation(
            [method], path, **_named(view), **open_to, response=responses, openapi_extra=extra
        )  # fmt: skip
        declared(view)
        return view

    return declare


def writes(
    router: Router, method: str, path: str, gives: Any, *, status: int = 200, matches: bool = False,
    limited: Limit | None = None,
) -> Callable[[Act], Act]:  # fmt: skip
    """An endpoint that changes something: carried out once per key, in one transaction with its kept answer.

    `matches`: it takes `If-Match`; the view asks `seen_version`. `limited`: tries are counted, before and outside that
    transaction, so that a refused one counts too.
    """
    extra = {"parameters": [KEY_PARAMETER, *([MATCH_PARAMETER] if matches else [])]}

    def declare(view: Act) -> Act:
        @functools.wraps(view)
        def carried_out(request: HttpRequest, **values: Any) -> HttpResponse:
            if limited is not None:
                limit(request, limited)
            return carry_out(request, functools.partial(view, request, **values))

        router.api_operation([method], path, **_named(view), response={status: gives}, openapi_extra=extra)(carried_out)
        return view

    return declare


def carry_out(request: HttpRequest, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Do a write once under its key, or answer as it was answered the first time.

    Raises:
        Problem: no key, or `version_changed`. InProgress, OtherRequest; and whatever the act raises.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    account_id = actor_of(request).account_id
    if not KEY.fullmatch(key) or account_id is None:
        raise Problem("idempotency_key_missing")
    fingerprint = digest_request(request.method or "", request.get_full_path(), request.body)
    fresh: list[HttpResponse] = []

    def keep() -> Answer:
        made = act()
        fresh.append(made)
        headers = {name: made.headers[name] for name in KEPT_HEADERS if name in made.headers}
        return Answer(made.status_code, headers, made.content.decode())

    try:
        kept = once(account_id, key, fingerprint, keep, at=clock.now())
    except Stale as error:
        raise Problem("version_changed" if "If-Match" in request.headers else "changed_meanwhile") from error
    if fresh:
        return fresh[0]
    return HttpResponse(
        kept.body, status=kept.status, content_type=JSON, headers={**kept.headers, REPLAYED: "true"}
    )  # fmt: skip


def seen_version(request: HttpRequest) -> int | None:
    """The version of the case that the client has seen, by `If-Match`; None where it did not say.

    Raises:
        Problem: it is not one of our tags.
    """
    text = request.headers.get("If-Match")
    if text is None or text == "*":
        return None
    found = TAG.fullmatch(text)
    if found is None:
        raise Problem("version_changed")
    return int(found[1])


def _named(view: View) -> dict[str, Any]:
    """The operation's name is the function's; the docstring's first line is its summary."""
    lines = (view.__doc__ or "").strip().split("\n")
    return {"operation_id": view.__name__, "summary": lines[0].rstrip("."), "description": "\n".join(lines).strip()}
