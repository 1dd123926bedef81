"""What every request gets: a number to quote, one log line with the route's name, and its place in the figures."""

import re
import secrets
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars

from huizhen.config import metrics

HEADER = "X-Request-ID"
META = "HTTP_X_REQUEST_ID"
FIT = re.compile(r"[A-Za-z0-9-]{8,64}")
CASE_ARGUMENT = "case_id"
QUIET_ROUTES = frozenset({"healthz", "readyz", "metrics"})

log = structlog.get_logger(__name__)


class RequestMiddleware:
    """Outermost middleware. Puts the request's number and the case's into logs; `number_of` tells it to error pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        clear_contextvars()
        identifier = request_id(request.META.get(META, ""))
        request.META[META] = identifier
        bind_contextvars(request=identifier)
        response = self.get_response(request)
        response[HEADER] = identifier
        self._note(request, response, time.perf_counter() - started)
        return response

    def process_view(self, request: HttpRequest, view: object, args: tuple, kwargs: dict) -> None:
        """Once the address is resolved, the case it speaks of is known."""
        if CASE_ARGUMENT in kwargs:
            bind_contextvars(case=str(kwargs[CASE_ARGUMENT]))

    def _note(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        route = route_name(request)
        method = request.method if request.method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"} else "other"
        metrics.REQUESTS.labels(route, method, response.status_code).inc()
        metrics.REQUEST_SECONDS.labels(route).observe(seconds)
        if route not in QUIET_ROUTES:
            log.info("request", method=method, route=route, status=response.status_code, ms=round(seconds * 1000, 1))


def number_of(request: HttpRequest) -> str:
    """The number of a request, for a person to quote; also in the answer's `X-Request-ID`."""
    return str(request.META.get(META, ""))


def request_id(offered: str) -> str:
    """The number a front server gave the request, where it has a harmless form, else a new one."""
    return offered if FIT.fullmatch(offered) else secrets.token_hex(8)


def route_name(request: HttpRequest) -> str:
    """The route's name or pattern, never the address itself: that would hold case numbers and what people search."""
    match = request.resolver_match
    return (match.view_name or match.route or "unnamed") if match else "unknown"
