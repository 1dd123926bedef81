"""The request as a page meets it: somebody is logged in, and the middleware has left its notes on it."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from huizhen.kernel.access import Actor
from huizhen.people.accounts.models import Account


class Request(HttpRequest):
    """For annotations only: what our middleware makes of Django's request, behind `login_required`."""

    actor: Actor
    user: Account
    htmx: HtmxDetails
    live_channels: tuple[str, ...]
    unread: int


def address_of(request: HttpRequest) -> str:
    """The address of whoever asks, as far as the proxies in front are believed; empty where the server knows none."""
    return str(get_adapter().get_client_ip(request)) if request.META.get("REMOTE_ADDR") else ""
