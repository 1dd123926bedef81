"""Collecting on a phone: the page, which works on without a network, and the worker that keeps the page's shell."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from huizhen.console import assets
from huizhen.console.lab.site import tabs
from huizhen.console.lab.today import CHINA
from huizhen.kernel import clock
from huizhen.lab.catalogue.queries import list_panels
from huizhen.lab.specimens import access, queries
from huizhen.people.accounts.requests import Request
from huizhen.people.organisations.queries import get_full_name

PARTS = ("main.ts", "collect/desk.ts", "collect/camera.ts")
WORKER = "collect/worker.ts"


@login_required
@ensure_csrf_cookie
@require_GET
def page(request: Request) -> HttpResponse:
    """The desk: where one collects, what for, one field that takes every code, and what has not been sent yet."""
    sites = list(queries.list_sites(access.access_collecting(request.actor)))
    campaigns = queries.list_campaigns_for(sites, clock.now().astimezone(CHINA).date())
    context = {
        "sites": sites, "campaigns": campaigns, "panels": list_panels(), "capacities": queries.CAPACITY_CHOICES,
        "doctors": doctors(sites), "tabs": tabs("lab-collect"),
    }  # fmt: skip
    return render(request, "lab/collect/page.html", context)


def doctors(sites: Sequence[Any]) -> list[dict[str, Any]]:
    """Who may have ordered, with the sites where; one list, so that it is on the phone without a network."""
    found: dict[Any, dict[str, Any]] = {}
    for site_id, here in queries.list_doctors(sites).items():
        for one in here:
            place = get_full_name(one.organisation_id)
            row = found.setdefault(
                one.account_id, {"id": one.account_id, "name": one.name, "place": place, "sites": ""}
            )
            row["sites"] = f"{row['sites']} {site_id}".strip()
    return sorted(found.values(), key=lambda row: (row["name"], row["place"]))


@require_GET
def worker(request: Request) -> HttpResponse:
    """The service worker, with the list of what it keeps in front. Its scope is its folder: this page and no other.

    Raises:
        Http404: the scripts are not built.
    """
    found = assets.read_file(WORKER)
    if found is None:
        raise Http404
    answer = HttpResponse(f"const SHELL = {json.dumps(shell())};\n{found}", content_type="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def shell() -> dict[str, Any]:
    """What the page needs without a network; the version changes with any of it."""
    files = sorted(static(path) for path in assets.closure(PARTS))
    version = hashlib.sha256("\n".join(files).encode()).hexdigest()[:12]
    return {"version": version, "page": reverse("lab-collect"), "files": [*files, static("mark.svg")]}
