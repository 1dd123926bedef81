"""Logging in: allauth's own endpoints for apps under `/api/v1/auth/`, its refusals as problems like all others.

A 401 with `data.flows` is no error but the next question: which second factor, or the code that was sent.
"""

import json
from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.account import views as account
from allauth.headless.constants import Client
from allauth.headless.internal.restkit import inputs
from allauth.headless.mfa import views as factors
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from huizhen.api.problems import Problem, respond
from huizhen.people.accounts import forms


class PhoneInput(forms.RequestLoginCodeForm, inputs.Input):
    """A patient's phone; an unknown one opens an account."""


class CodeInput(forms.AuthenticateForm, inputs.Input):
    """A second factor's code, which works once."""


class PhoneView(account.RequestLoginCodeView):
    """Send a code to a phone."""

    input_class = PhoneInput


class CodeView(factors.AuthenticateView):
    """Take the code of a second factor."""

    input_class = CodeInput


WAIT_SECONDS = "60"
VIEWS = {
    "session": account.SessionView,
    "login": account.LoginView,
    "code/request": PhoneView,
    "code/resend": account.ResendLoginCodeView,
    "code/confirm": account.ConfirmLoginCodeView,
    "reauthenticate": account.ReauthenticateView,
    "password": account.ChangePasswordView,
    "2fa/authenticate": CodeView,
    "2fa/reauthenticate": factors.ReauthenticateView,
    "webauthn/login": factors.LoginWebAuthnView,
    "webauthn/authenticate": factors.AuthenticateWebAuthnView,
    "authenticators": factors.AuthenticatorsView,
    "authenticators/totp": factors.ManageTOTPView,
    "authenticators/recovery-codes": factors.ManageRecoveryCodesView,
}
CODES = {400: "invalid", 403: "not_allowed", 404: "not_found", 405: "wrong_method", 409: "log_in_wrong_step",
         410: "session_over", 429: "too_often"}  # fmt: skip


def addresses() -> list[URLPattern]:
    """The endpoints, named `auth-…`."""
    return [
        path(f"auth/{where}", as_problems(view.as_api_view(client=Client.APP)), name=f"auth-{where.replace('/', '-')}")
        for where, view in VIEWS.items()
    ]


def as_problems(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """The view with its refusals in our form."""

    @csrf_exempt
    def spoken(request: HttpRequest) -> HttpResponse:
        try:
            response: HttpResponse = view(request)
        except ImmediateHttpResponse as early:
            response = early.response
        code = CODES.get(response.status_code)
        if code is None:
            return response
        headers = {"Retry-After": WAIT_SECONDS} if response.status_code == 429 else {}
        return respond(request, Problem(code, errors=_errors(response), headers=headers))

    return spoken


def _errors(response: HttpResponse) -> list[dict[str, str]]:
    try:
        found = json.loads(response.content).get("errors", [])
    except ValueError:
        return []
    return [
        {"field": error.get("param", ""), "code": error.get("code", ""), "says": error.get("message", "")}
        for error in found
    ]
