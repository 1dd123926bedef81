"""Headers that keep a page from doing what it was not written for."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse

from huizhen.console.errors import respond
from huizhen.console.frame import live_url, lookup_url
from huizhen.kernel.access import NotAllowed, NotVisible

POLICY: dict[str, tuple[str, ...]] = {
    "default-src": ("'self'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:", "blob:"),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "media-src": ("'self'", "blob:"),
    "object-src": ("'none'",),
    "base-uri": ("'none'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
}
REFUSALS: dict[type[Exception], int] = {NotVisible: 404, NotAllowed: 403}
PERMISSIONS = "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), interest-cohort=()"


def policy_for(*sockets: str) -> str:
    """The Content-Security-Policy of every page: its own origin and these addresses of live connections."""
    policy = {**POLICY, "connect-src": (*POLICY["connect-src"], *sockets)}
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in policy.items())


class SecurityHeaders:
    """Adds the policy and its companions to every answer that does not bring its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = {
            "Content-Security-Policy": policy_for(live_url(request), lookup_url(request)),
            "Permissions-Policy": PERMISSIONS,
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if getattr(request, "user", None) is not None and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"  # health data leaves no copy in a shared computer
        return response


class Refusals:
    """Turns the kernel's refusals into pages: what may not be seen is not there (404), what may not be done (403)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return whole_page(request, self.get_response(request))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a refusal; anything else goes on as it came."""
        status = next((code for kind, code in REFUSALS.items() if isinstance(exception, kind)), None)
        return respond(request, status) if status else None


def whole_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Where a part of a page was asked for and the session had ended, the way of the whole page to the log-in and back:
    a log-in form has no place inside a panel, and what was typed there must not count as sent."""
    part = getattr(request, "htmx", None)
    if not part or response.status_code != HTTPStatus.FOUND or request.user.is_authenticated:
        return response
    here = urlencode({REDIRECT_FIELD_NAME: part.current_url_abs_path or "/"})
    answer = HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    answer["HX-Redirect"] = f"{urlsplit(response['Location']).path}?{here}"
    return answer
