"""The request as a page meets it: somebody is logged in, and the middleware has left its notes on it."""

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
