"""Per request: who acts, whether the session has run out, and whether a second factor is missing."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject

from huizhen.kernel import clock
from huizhen.people.accounts import queries, sentences, sessions
from huizhen.people.accounts.requests import note_actor

Answer = Callable[[HttpRequest], HttpResponse]

OPEN_TO_ALL = frozenset(
    {"account_logout", "account_reauthenticate", "account_change_password", "account_inactive", "set_language"}
)


class SessionLimitMiddleware:
    """Logs out who did nothing for too long, or is in for too long."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            counts = queries.BY_ITSELF not in request.headers
            over = sessions.check_limits(request.session, request.user, at=clock.now(), counts=counts)
            if over:
                logout(request)
                messages.info(request, sentences.SESSION_OVER[over])
        return self.get_response(request)


class ActorMiddleware:
    """`request.actor` is who acts, read when first asked for."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        note_actor(request, SimpleLazyObject(lambda: queries.get_actor(request.user, request)))
        return self.get_response(request)


class SecondFactorMiddleware:
    """Sends staff without a second factor to enrol one before anything else."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """Runs once the address is resolved, so that the pages of enrolment itself can be told by name."""
        if not request.user.is_authenticated or self._is_open(request) or self._is_strong(request):
            return None
        if request.path_info.startswith("/api/"):
            return JsonResponse(
                {"status": 403, "code": "second_factor_required"},
                status=403,
                content_type="application/problem+json",
            )
        return redirect("mfa_index")

    def _is_open(self, request: HttpRequest) -> bool:
        name = (request.resolver_match and request.resolver_match.url_name) or ""
        return name in OPEN_TO_ALL or name.startswith("mfa_") or request.path_info.startswith(settings.STATIC_URL)

    def _is_strong(self, request: HttpRequest) -> bool:
        if request.session.get(sessions.STRONG):
            return True
        if queries.must_enrol(request.user):  # type: ignore[arg-type]  # logged in, so an account
            return False
        request.session[sessions.STRONG] = True
        return True
