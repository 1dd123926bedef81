"""Every error as a problem (RFC 9457, `application/problem+json`) with a stable code. The one place that decides."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic_core import to_json

from huizhen.api import invalid
from huizhen.api.codes import CODES
from huizhen.api.idempotency.actions import InProgress, OtherRequest
from huizhen.consult.contracts.actions import BadContract
from huizhen.consult.duty.actions import BadShift, OnAlready
from huizhen.consult.joint.report.ports import SigningRefused
from huizhen.kernel import files, notify, talk
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.flow.door import Stale, WrongState
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.queries import BadCursor
from huizhen.kernel.limits import TooMany
from huizhen.lab.refused import Refused as LabRefused
from huizhen.people.accounts.rules import BadPhone
from huizhen.people.accounts.tokens import NotLoggedIn, SessionOver
from huizhen.records import refused as records

MEDIA_TYPE = "application/problem+json"
RETRY_SOON = "2"

log = structlog.get_logger(__name__)


class Problem(Exception):
    """An error the API itself finds. `details` are facts for programs; `errors` name fields; `headers` go out."""

    def __init__(
        self,
        code: str,
        *,
        details: Mapping[str, Any] | None = None,
        errors: list[dict[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        cause: BaseException | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.details, self.errors = code, dict(details or {}), errors or []
        self.headers = dict(headers or {})
        self.cause = cause


def respond(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The answer to an exception; one nobody expected is logged and says nothing but its number."""
    problem = read(error)
    if problem.code == "broken":
        log.error("the api failed", exc_info=error)
    kind, number = CODES[problem.code], request.META.get("HTTP_X_REQUEST_ID", "")
    body: dict[str, Any] = {
        "type": f"urn:huizhen:problem:{problem.code}",
        "title": str(kind.says),
        "status": kind.status,
        "code": problem.code,
        "request": number,
    }
    if problem.details:
        body["details"] = problem.details
    if problem.errors:
        body["errors"] = problem.errors
    return HttpResponse(
        to_json(body, fallback=str), status=kind.status, content_type=MEDIA_TYPE, headers=problem.headers
    )  # fmt: skip


def read(error: BaseException) -> Problem:
    """Which problem an exception is."""
    if isinstance(error, Problem):
        return error
    for kind, make in READERS:
        if isinstance(error, kind):
            return make(error)
    return Problem("broken", cause=error)


def _validation(error: Any) -> Problem:
    """Where the value stands and what is wrong with it; the value itself is not sent back, it may be health data."""
    errors = [
        {"field": ".".join(str(step) for step in found["loc"]), "code": found["type"], "says": invalid.sentence(found)}
        for found in error.errors
    ]
    return Problem("invalid", errors=errors)


def _fields(error: Any) -> Problem:
    sentences = error.sentences()
    errors = [{"field": field, "code": code, "says": sentences[field]} for field, code in error.errors.items()]
    return Problem("invalid", errors=errors)


def _refused(error: Any) -> Problem:
    if error.code not in CODES:
        return Problem("invalid", details={"reason": error.code, **error.details})
    return Problem(error.code, details=error.details)


def _file(error: Any) -> Problem:
    return Problem("too_large" if error.code == "too_large" else "file_refused", details={"reason": error.code})


def _http(error: Any) -> Problem:
    return Problem({401: "not_logged_in", 403: "not_allowed", 404: "not_found"}.get(error.status_code, "bad_request"))


def _plain(code: str, **headers: str) -> Callable[[Any], Problem]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda error: Problem(code, headers=sent)


# The first that fits counts: the special before the general.
READERS: tuple[tuple[type[BaseException], Callable[[Any], Problem]], ...] = (
    (SessionOver, _plain("session_over")),
    (NotLoggedIn, _plain("not_logged_in")),
    (AuthenticationError, _plain("not_logged_in")),
    (NotVisible, _plain("not_found")),
    (Http404, _plain("not_found")),
    (NotAllowed, _plain("not_allowed")),
    (WrongState, lambda error: Problem("wrong_state", details={"state": error.state})),
    (Stale, _plain("changed_meanwhile")),
    (Refused, _refused),
    (records.Refused, _fields),
    (LabRefused, _fields),
    (files.Refused, _file),
    (SigningRefused, _plain("signing_refused")),
    (talk.Empty, _plain("message_empty")),
    (talk.TooLong, _plain("message_too_long")),
    (talk.BadAttachment, _plain("bad_attachment")),
    (notify.NotSwitchable, _plain("not_switchable")),
    (BadPhone, _plain("bad_phone")),
    (BadContract, _plain("bad_contract")),
    (BadShift, _plain("bad_shift")),
    (OnAlready, _plain("on_duty_already")),
    (BadCursor, _plain("bad_cursor")),
    (InProgress, _plain("idempotency_in_progress", Retry_After=RETRY_SOON)),
    (OtherRequest, _plain("idempotency_conflict")),
    (TooMany, lambda error: Problem("too_often", headers={"Retry-After": str(error.seconds)})),
    (notify.TooOften, _plain("too_often", Retry_After="3600")),
    (ValidationError, _validation),
    (RequestDataTooBig, _plain("too_large")),
    (HttpError, _http),
    (SuspiciousOperation, _plain("bad_request")),
    (OperationalError, _plain("unavailable", Retry_After=RETRY_SOON)),
    (InterfaceError, _plain("unavailable", Retry_After=RETRY_SOON)),
)
