"""The short way: requests of the API do without sessions, messages, locale pages and whatever else pages need.

It stands right behind the middleware that numbers and logs requests. Logging in (`/api/v1/auth/`) goes the long way.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_resolver
from django.utils import translation
from structlog.contextvars import bind_contextvars

from huizhen.api.problems import MEDIA_TYPE, Problem, respond

START, LONG_WAY = "/api/v1/", "/api/v1/auth/"
ADDRESSES = "huizhen.api.urls"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
HSTS = "max-age=31536000; includeSubDomains"


class ShortWay:
    """Answers requests of the API by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(START) or request.path_info.startswith(LONG_WAY):
            return self.get_response(request)
        translation.activate(language_of(request.META.get("HTTP_ACCEPT_LANGUAGE", "")))
        response = serve(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Language", translation.get_language())
        if settings.HTTPS:
            response.headers.setdefault("Strict-Transport-Security", HSTS)
        return response


def serve(request: HttpRequest) -> HttpResponseBase:
    """Find the endpoint and call it; whatever happens becomes a problem."""
    try:
        request.get_host()
        request.resolver_match = match = get_resolver(ADDRESSES).resolve(request.path_info)
        if "case_id" in match.kwargs:
            # Middleware's `process_view` does this for pages.
            bind_contextvars(case=str(match.kwargs["case_id"]))
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    except Resolver404:
        return respond(request, Problem("not_found"))
    except Exception as error:  # noqa: BLE001 - the last line: nothing leaves but a problem
        return respond(request, error)
    if response.status_code == 405 and response.headers.get("Content-Type") != MEDIA_TYPE:
        return respond(request, Problem("wrong_method", headers={"Allow": response.headers.get("Allow", "")}))
    return response


def language_of(header: str) -> str:
    """The language of the sentences: English where the client asks for it first, else Chinese."""
    return "en" if header.lower().startswith("en") else "zh-hans"
