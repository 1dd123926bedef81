"""Who asks: by the session token of the app, or by the session cookie of the console together with its CSRF token."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, APIKeyHeader
from ninja.utils import check_csrf

from huizhen.api.problems import Problem
from huizhen.kernel import clock
from huizhen.kernel.limits import Limit, count
from huizhen.people.accounts.queries import get_origin
from huizhen.people.accounts.requests import actor_of, address_of, note_actor
from huizhen.people.accounts.tokens import Bearer, NotLoggedIn, get_bearer

HEADER, META = "X-Session-Token", "HTTP_X_SESSION_TOKEN"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Guessing tokens: the address alone counts, there is no account yet.
WRONG_TOKENS = Limit("wrong token", account=0, address=120)


class SessionToken(APIKeyHeader):
    """The token that logging in under `/api/v1/auth/` gives."""

    param_name = HEADER

    def _get_key(self, request: HttpRequest) -> str | None:
        """As ninja does, but not by way of all headers in a dictionary of their own."""
        key: str | None = request.META.get(META)
        return key

    def authenticate(self, request: HttpRequest, key: str | None) -> Bearer | None:
        """Raises as `let_in`."""
        return let_in(request, key) if key else None


class SessionCookie(APIKeyCookie):
    """The console's own cookie; writes need the header `X-CSRFToken` too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        """Raises as `let_in`; Problem: no CSRF token."""
        key = request.COOKIES.get(self.param_name)
        if not key:
            return None
        if request.method not in SAFE and check_csrf(request):
            raise Problem("csrf_failed")
        return let_in(request, key)

    def authenticate(self, request: HttpRequest, key: str | None) -> None:
        """Never asked: `__call__` does it."""


def let_in(request: HttpRequest, token: str) -> Bearer:
    """Find who holds the token, and note them on the request as `request.actor`.

    Raises:
        NotLoggedIn, SessionOver; TooMany: too many wrong tokens from this address; Problem: no second factor yet.
    """
    at = clock.now()
    # The outermost middleware leaves the number there, its own or a front server's.
    origin = {**get_origin(request), "request": request.META.get("HTTP_X_REQUEST_ID", "")}
    try:
        bearer = get_bearer(token, origin=origin, at=at)
    except NotLoggedIn:
        count(WRONG_TOKENS, account="", address=address_of(request), at=at)
        raise
    if bearer.weak:
        raise Problem("second_factor_required")
    note_actor(request, bearer.actor)
    return bearer


def limit(request: HttpRequest, limited: Limit) -> None:
    """Count a try of whoever is logged in.

    Raises:
        TooMany.
    """
    account = str(actor_of(request).account_id)
    count(limited, account=account, address=address_of(request), at=clock.now())


def limit_address(request: HttpRequest, limited: Limit) -> None:
    """Count a try of somebody who need not be logged in.

    Raises:
        TooMany.
    """
    count(limited, account="", address=address_of(request), at=clock.now())
