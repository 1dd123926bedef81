"""The addresses below `/api/v1/`: the API, uploads, and logging in."""

from django.http import HttpRequest
from django.urls import include, path

from huizhen.api import logging_in, uploads
from huizhen.api.authentication import SessionCookie, SessionToken
from huizhen.api.server import api
from huizhen.kernel.access import Actor

WAYS_IN = (SessionToken(), SessionCookie())


def actor_of_upload(request: HttpRequest) -> Actor | None:
    """Who uploads; nobody without a token or cookie."""
    bearer = next((found for way in WAYS_IN if (found := way(request))), None)
    return bearer.actor if bearer else None


urlpatterns = [
    path("api/v1/", include((api.urls[0], "api"), namespace="api")),
    path("api/v1/", include([*uploads.urls(actor_of_upload), *logging_in.addresses()])),
]
