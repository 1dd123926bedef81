"""Who is let in when more ask the web process than it can answer: staff and programs always, log-ins and everybody else
by budgets. See docs/lab-lookup.md.

A worker has a few threads, and what they cannot take yet waits before them, unseen. That somebody waits shows when a
thread that has just come free is taken again at once. Where that goes on for a second, the worker has more to do than
it can, and whoever is beyond the budget is told when to come again, in a fraction of a millisecond: so the heap before
the threads melts, and whoever works gets in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from threading import Lock
from time import monotonic

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from prometheus_client import Counter

from huizhen.config.processes import WEB_THREADS
from huizhen.console import errors
from huizhen.lab.lookup.gate import Budget
from huizhen.people.accounts.queries import get_actor

# A place that was free for longer than this was not waited for.
HANDOVER_SECONDS = 0.005
# So long one after the other must be waited before anybody is refused, and so long it holds after the last who waited.
PRESSED_SECONDS, HOLDS_SECONDS = 1.0, 2.0
MARK, MARKED_FOR, SALT = "huizhen_at_work", 30 * 24 * 3600, "huizhen.admission"
LOG_IN, API = ("/account/", "/api/v1/auth/"), "/api/"
OPEN = ("/healthz", "/readyz", "/metrics")

REFUSED = Counter("huizhen_web_refused", "Told to come again, because more asked than can be answered", ["budget"])


class Kind(StrEnum):
    """Whose budget a request is counted against."""

    STAFF = "staff"
    PROGRAM = "program"
    LOG_IN = "log_in"
    CITIZEN = "citizen"


@dataclass
class Pressure:
    """Whether people wait before the threads, told from when places come free and are taken. Times in seconds."""

    places: int
    busy: int = 0
    freed_at: float = float("-inf")
    since: float | None = None
    until: float = float("-inf")

    def enter(self, at: float) -> None:
        """A place is taken."""
        if self.busy >= self.places - 1 and at - self.freed_at < HANDOVER_SECONDS:
            self.since = at if self.since is None else self.since
            if at - self.since >= PRESSED_SECONDS:
                self.until = at + HOLDS_SECONDS
        else:
            self.since = None
        self.busy += 1

    def leave(self, at: float) -> None:
        """A place comes free."""
        if self.busy >= self.places:
            self.freed_at = at
        self.busy -= 1

    def is_high(self, at: float) -> bool:
        """Whether more ask than can be answered."""
        return at < self.until


@dataclass
class Admission:
    """The decisions of one worker. While nobody waits, everybody is let in."""

    places: int
    pressure: Pressure = field(init=False)
    budgets: dict[Kind, Budget] = field(init=False)
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.pressure = Pressure(self.places)
        half = max(1, self.places // 2)
        self.budgets = {Kind.LOG_IN: Budget(max(1, half // 2)), Kind.CITIZEN: Budget(half)}

    def enter(self, kind: Kind, at: float) -> int:
        """Take a place; 0, or in how many seconds to come again. Whoever enters leaves, also who was refused."""
        with self.lock:
            self.pressure.enter(at)
            budget = self.budgets.get(kind)
            if budget is None or budget.enter():
                return 0
            if self.pressure.is_high(at):
                return budget.come_again()
            budget.waiting += 1  # beyond its budget, and nobody waits for it
            return 0

    def leave(self, kind: Kind, at: float, *, was_let_in: bool) -> None:
        """Give the place back."""
        with self.lock:
            self.pressure.leave(at)
            budget = self.budgets.get(kind)
            if budget is not None and was_let_in:
                budget.leave()


def kind_of(request: HttpRequest) -> Kind:
    """Whose budget a request is counted against, told without the database: by the mark that a browser gets when staff
    log in, which outlives their sessions, so that those who come to their shift are known before they log in. Programs
    of hospitals ask with a token and keep as many connections busy as they were given: they are no crowd."""
    if MARK in request.COOKIES and _is_ours(request.COOKIES[MARK]):
        return Kind.STAFF
    if request.path_info.startswith(LOG_IN):
        return Kind.LOG_IN
    return Kind.PROGRAM if request.path_info.startswith(API) else Kind.CITIZEN


def _is_ours(mark: str) -> bool:
    try:
        signing.loads(mark, salt=SALT, max_age=MARKED_FOR)
    except signing.BadSignature:
        return False
    return True


class AdmissionMiddleware:
    """Stands before everything that costs: sessions, the database, pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.admission = Admission(WEB_THREADS)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in OPEN or request.path_info.startswith(settings.STATIC_URL):
            return self.get_response(request)
        kind = kind_of(request)
        wait = self.admission.enter(kind, monotonic())
        try:
            if wait:
                REFUSED.labels(kind.value).inc()
                return refuse(request, wait)
            response = self.get_response(request)
        finally:
            self.admission.leave(kind, monotonic(), was_let_in=not wait)
        if kind is Kind.LOG_IN:
            _mark(request, response)
        return response


def refuse(request: HttpRequest, seconds: int) -> HttpResponse:
    """503 with `Retry-After`: a plain page that comes again by itself, a problem for programs."""
    response: HttpResponse
    if request.path_info.startswith(API):
        problem = {"status": 503, "code": "come_again"}
        response = JsonResponse(problem, status=503, content_type="application/problem+json")
    else:
        response = HttpResponse(_page(translation.get_language_from_request(request)), status=503)
        if request.method == "GET":
            response["Refresh"] = str(seconds)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response


@lru_cache(maxsize=8)
def _page(language: str) -> bytes:
    """Drawn once for each language: refusing must cost next to nothing."""
    with translation.override(language):
        return bytes(errors.respond(HttpRequest(), 503, errors.CROWDED).content)


def _mark(request: HttpRequest, response: HttpResponse) -> None:
    """Whoever has just logged in and works here is known by the browser from now on."""
    user = getattr(request, "user", None)
    if request.method != "POST" or response.status_code != 302 or not (user and user.is_authenticated):
        return
    if get_actor(user).memberships:
        response.set_cookie(
            MARK, signing.dumps(1, salt=SALT), max_age=MARKED_FOR, secure=settings.HTTPS, httponly=True, samesite="Lax"
        )  # fmt: skip
