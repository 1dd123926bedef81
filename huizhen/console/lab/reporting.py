"""How reporting upstream stands."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from huizhen.console.lab import today
from huizhen.kernel import clock
from huizhen.lab.reporting import access, queries
from huizhen.people.accounts.requests import Request


@login_required
@require_GET
def page(request: Request) -> HttpResponse:
    """Each platform: what waits, since when, what it took, what it refused, and the last batches."""
    places, upstreams = access.access_reporting(request.actor)
    keys = [one.id for one in upstreams]
    at = clock.now()
    standings = [
        {"one": one, "paused": bool(one.upstream.paused_until and one.upstream.paused_until > at)}
        for one in queries.get_standings(upstreams)
    ]
    context = {
        "standings": standings,
        "refused": queries.list_refused(keys),
        "batches": queries.list_batches(keys),
        "hops": today.draw(places, at)[-2:],
    }
    return render(request, "lab/reporting/page.html", context)
