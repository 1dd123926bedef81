"""The page of an act that the case, as it stands, does not allow: it says so instead of showing a form in vain."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from huizhen.console.consult.joint.case import crumbs, head
from huizhen.consult.joint.access import Seen
from huizhen.consult.joint.flow import JOINT
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.people.accounts.requests import Request


def not_now(request: Request, seen: Seen, title: Any) -> HttpResponse:
    """Say where the case stands and lead back to it."""
    case = seen.application.case
    context = {
        "case": head(seen, list_deadlines(case.id)), "crumbs": crumbs(seen, str(title)), "title": title,
        "state": JOINT.state(case.state).label,
    }  # fmt: skip
    return render(request, "consult/joint/not_now.html", context, status=409)
