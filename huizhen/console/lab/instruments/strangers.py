"""Senders that nobody has registered: kept, shown, and turned into an instrument."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huizhen.console.shapes import Crumb
from huizhen.lab.instruments import access, queries
from huizhen.people.accounts.requests import Request


@login_required
@require_GET
def strangers(request: Request) -> HttpResponse:
    """Who sends without being known: nothing of it is lost, and nothing of it is read."""
    access.access_strangers(request.actor)
    rows = [
        {**found, "register": f"{reverse('instrument-new')}?{urlencode({'sender': found['sender']})}"}
        for found in queries.list_unknown_senders()
    ]
    context = {"crumbs": [Crumb(_("Instruments"), reverse("instruments")), Crumb(_("Unknown senders"))], "rows": rows}
    return render(request, "lab/instruments/strangers.html", context)
