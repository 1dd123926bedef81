"""Tickets for the live connection: a page lists the channels it watches, each checked, and a fresh one can be fetched."""

import json
from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from huizhen.kernel.access import Actor, NotAllowed, NotVisible
from huizhen.kernel.clock import now
from huizhen.kernel.flow.access import access_case
from huizhen.kernel.pulse.tickets import MOST_CHANNELS, mint_ticket

CASE, ACCOUNT, TEAM = "case", "account", "team"


def allow(request: HttpRequest, channels: Iterable[str]) -> None:
    """Give the page a ticket for channels whose things the view has just read for the actor."""
    request.live_ticket = mint_ticket(request.user.pk, channels, now())  # type: ignore[attr-defined]


@login_required
@require_POST
def ticket(request: HttpRequest) -> HttpResponse:
    """A fresh ticket for the channels named in the body that this actor may hear; the others are left out."""
    try:
        asked = json.loads(request.body or b"{}").get("channels", [])[:MOST_CHANNELS]
    except (ValueError, AttributeError, TypeError):
        return JsonResponse({"ticket": ""}, status=400)
    allowed = [channel for channel in asked if isinstance(channel, str) and _may_hear(request.actor, channel)]
    return JsonResponse({"ticket": mint_ticket(request.user.pk, allowed, now())})


def _may_hear(actor: Actor, channel: str) -> bool:
    kind, _colon, rest = channel.partition(":")
    try:
        key = UUID(rest.partition(":")[0])
        if kind == CASE:
            access_case(actor, key)
            return True
    except (ValueError, NotVisible, NotAllowed):
        return False
    if kind == TEAM:
        return any(membership.organisation_id == key for membership in actor.memberships)
    return kind == ACCOUNT and key == actor.account_id
