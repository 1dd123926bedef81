"""The worklist: what is due first stands first; filters stay in the address."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from huizhen.console.consult.joint import links, show
from huizhen.console.consult.referrals import lists
from huizhen.console.deadlines import to_due
from huizhen.console.frame import hear, places_for
from huizhen.console.shapes import Row, Tab
from huizhen.consult.joint.flow import APPLY, JOINT
from huizhen.consult.joint.queries import get_applications
from huizhen.consult.referrals.flow import REFERRAL
from huizhen.consult.referrals.queries import list_of_cases
from huizhen.kernel import ids
from huizhen.kernel.access import Actor, grants
from huizhen.kernel.flow.queries import BadCursor, Filters, list_state_clocks, list_worklist
from huizhen.people.accounts.requests import Request
from huizhen.people.organisations.queries import get_full_name, list_organisations

TEAMS = frozenset({"coordinator", "team_lead"})
OVERSEERS = frozenset({"department_head"})
ENDED = "ended"
KINDS = (JOINT, REFERRAL)


@login_required
def page(request: Request) -> HttpResponse:
    """The list, or to htmx only its rows. Patients have a page of their own."""
    if request.user.kind == "patient":
        return redirect("/me/")
    if elsewhere := home_of(request.actor):
        return redirect(elsewhere)
    actor, query = request.actor, _query(request)
    scopes = list_scopes(actor)
    wanted = request.GET.get("scope", "")
    scope = wanted if wanted in scopes else scopes[0]
    after = request.GET.get("after", "")
    try:
        found = list_worklist(actor, scope, filters_of(query), after=after)
    except BadCursor:
        return redirect(_address(scope, query))
    channels = [f"account:{request.user.pk}", *sorted({f"team:{m.organisation_id}" for m in actor.memberships})]
    hear(request, *channels)
    context = {
        "tabs": [Tab(label, f"?scope={code}", code == scope) for code, label in _tabs().items() if code in scopes],
        "rows": rows(found.cases, actor, scope), "scope": scope, "query": query, "states": _states(),
        "next": f"{_address(scope, query)}&after={found.after}" if found.after else "",
        "first": _address(scope, query) if after else "", "live_channels": " ".join(channels),
        "can_apply": bool(actor.roles() & grants[APPLY].roles),
    }  # fmt: skip
    return render(request, "work/_rows.html" if request.htmx else "work/list.html", context)


def home_of(actor: Actor) -> str:
    """Where the day begins for those whom no case ever waits for, such as the auditor: the first place that they have;
    empty for everybody else."""
    places = places_for("staff", actor.roles())
    return "" if not places or places[0].href == "/" else places[0].href


def list_scopes(actor: Actor) -> list[str]:
    """Which lists make sense for somebody with these roles; the first is where the day begins."""
    roles = actor.roles()
    found = ["mine", "part"]
    if roles & TEAMS:
        found = ["team", "centre", "mine"]
    return [*found, "organisation"] if roles & OVERSEERS else found


def _tabs() -> dict[str, str]:
    return {
        "team": _("For our team to do"),
        "centre": _("All of our team"),
        "mine": _("Waiting for me"),
        "part": _("I take part"),
        "organisation": _("My organisation's"),
    }


def _states() -> list[dict[str, Any]]:
    open_ones = {state.code: state.label for flow in KINDS for state in flow.states if not state.end}
    return [
        *({"code": code, "label": label} for code, label in open_ones.items()),
        {"code": ENDED, "label": _("Ended")},
    ]


def _query(request: Request) -> dict[str, str]:
    return {name: request.GET.get(name, "").strip() for name in ("q", "state", "urgency")}


def _address(scope: str, query: dict[str, str]) -> str:
    return "?" + urlencode({"scope": scope, **{name: value for name, value in query.items() if value}})


def filters_of(query: dict[str, str]) -> Filters:
    """The address as filters. A word is a case number or a part of a hospital's name; nothing else can be searched,
    because what cases are about is sealed."""
    states = {state.code for flow in KINDS for state in flow.states}
    found = Filters(
        kinds=tuple(flow.kind for flow in KINDS),
        states=(query["state"],) if query["state"] in states else (),
        urgency=query["urgency"] if query["urgency"] in ("urgent", "normal") else "",
        closed=query["state"] == ENDED,
    )
    if not query["q"]:
        return found
    try:
        return replace(found, number=ids.read_number(query["q"]))
    except ValueError:
        places = tuple(list_organisations().filter(name__icontains=query["q"]).values_list("pk", flat=True))
        return replace(found, organisation_ids=places) if places else replace(found, number=query["q"])


def rows(cases: list[Any], actor: Actor, scope: str) -> list[Row]:
    """Cases as rows. A list is no read of a record (docs/kernel/audit.md): it says for which department and what for,
    and whom it is about as `王＊` to whoever treats or coordinates; experts see sex and age, and so does a hospital
    that a patient is referred to."""
    applications = get_applications(case for case in cases if case.kind == JOINT.kind)
    referred = [case.id for case in cases if case.kind == REFERRAL.kind]
    referrals = list_of_cases(referred) if referred else {}
    mine = actor.account_id if scope == "mine" else None
    clocks = list_state_clocks((case.id for case in cases), holder_id=mine, rather=lists.RULING)
    places = {key: get_full_name(key) for key in {case.organisation_id for case in cases}}
    found = []
    for case in cases:
        clock = clocks.get(case.id)
        if case.id in referrals:
            found.append(lists.to_row(referrals[case.id], case, clock))
        application = applications.get(case.id)
        if application is None:
            continue
        named = scope in ("team", "centre", "organisation") or application.applicant_id == actor.account_id
        line = show.masked_line if named else show.patient_line
        found.append(
            Row(
                links.case(case.id), case.number, JOINT.label, show.aim(application),
                show.badge(case.state), line(application.patient), owner_of(case),
                case.state_since, to_due(clock, JOINT) if clock else None, case.urgency == "urgent",
                bool(case.late_since), places.get(case.organisation_id, ""),
            )
        )  # fmt: skip
    return found


def owner_of(case: Any) -> str:
    """Who has the ball, in words."""
    if case.closed_at:
        return ""
    if case.owner_id:
        return str(case.owner.name)
    return _("The experts") if case.team.startswith("each:") else _("Consultation centre")
