"""The experts' workload: who has how much, who is away, who is free when."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from huizhen.console.consult.joint.suggested import say
from huizhen.consult.joint.meetings.queries import get_taken
from huizhen.consult.joint.queries import get_load
from huizhen.consult.suggestions.queries import get_paces
from huizhen.consult.suggestions.rules.ranking import Reason
from huizhen.kernel.access import may
from huizhen.kernel.calendar.holidays import office
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request
from huizhen.people.availability.access import KEEP
from huizhen.people.availability.queries import SHORTEST, get_calendars
from huizhen.people.availability.rules import HORIZON, first_free
from huizhen.people.credentials.access import access_workload
from huizhen.people.credentials.queries import list_experts, list_specialties


@login_required
def page(request: Request) -> HttpResponse:
    """Experts with load, pace and calendar; by specialty, name or hospital."""
    access_workload(request.actor)
    at, asked = now(), request.GET
    query = {"q": asked.get("q", ""), "specialty": asked.get("specialty", "")}
    number = int(asked["page"]) if asked.get("page", "").isdigit() else 1
    found = list_experts(on=at.date(), text=query["q"], specialty=query["specialty"], accepting=None, page=number)
    keys = [one.account_id for one in found.rows]
    load, paces = get_load(keys, at=at), get_paces(keys)
    calendars, hours = get_calendars(keys, at, at + HORIZON), office()
    taken = get_taken(keys, at, at + HORIZON)
    rows: list[dict[str, Any]] = []
    for one in found.rows:
        working, week = load.get(one.account_id, (0, 0))
        calendar, pace = calendars[one.account_id], paces.get(one.account_id)
        away = calendar.absent_until(at)
        free = first_free(hours, calendar, at, length=SHORTEST, taken=taken.get(one.account_id, ()))
        reason = Reason("away", {"until": away}) if away else Reason("free", {"at": free}) if free else None
        rows.append(
            {
                "one": one, "working": working, "week": week, "limit": one.weekly_limit,
                "share": min(100, round(week * 100 / one.weekly_limit)) if one.weekly_limit else 0,
                "when": say(reason, {}, at) if reason else "", "away": bool(away),
                "answers": say(Reason("answers_in", {"minutes": pace.answers_in}), {}, at)
                if pace and pace.answers_in is not None else "",
                "asked": pace.asked if pace else 0, "declined": pace.declined if pace else 0,
                "calendar": f"/centre/calendars/{one.account_id}/"
                if may(request.actor, KEEP, one.organisation_id) or one.account_id == request.user.pk else "",
            }
        )  # fmt: skip
    context = {
        "rows": rows, "query": query, "specialties": list_specialties(), "total": found.total,
        "next": f"?{urlencode({**query, 'page': found.next_page})}" if found.next_page else "",
    }  # fmt: skip
    return render(request, "centre/experts.html", context)
