"""The request as a page meets it: somebody is logged in, and the middleware has left its notes on it."""

from datetime import datetime
from typing import TypedDict, cast

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django_htmx.middleware import HtmxDetails

from huizhen.kernel import clock
from huizhen.kernel.access import Actor
from huizhen.people.accounts.models import Account


class Request(HttpRequest):
    """For annotations only: what our middleware makes of Django's request, behind `login_required`."""

    actor: Actor
    user: Account
    htmx: HtmxDetails
    live_channels: tuple[str, ...]
    unread: int


def actor_of(request: HttpRequest) -> Actor:
    """Who acts, as our middleware or the API's log-in noted it: what a framework hands on is a plain request."""
    return cast(Request, request).actor


class By(TypedDict):
    """Who acts and when: what every action asks for."""

    actor: Actor
    at: datetime


def acting(request: HttpRequest) -> By:
    """Who acts, now."""
    return By(actor=actor_of(request), at=clock.now())


def note_actor(request: HttpRequest, actor: "Actor | SimpleLazyObject[Actor]") -> None:
    """Note who acts, or how to find out when first asked."""
    cast(Request, request).actor = cast(Actor, actor)


def address_of(request: HttpRequest) -> str:
    """The address of whoever asks, as far as the proxies in front are believed; empty where the server knows none."""
    return str(get_adapter().get_client_ip(request)) if request.META.get("REMOTE_ADDR") else ""
