"""The coordinator's board: a column for each state, what is due first on top, and the next move on each card."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from huizhen.console import work
from huizhen.console.consult.joint import links
from huizhen.console.frame import hear
from huizhen.console.shapes import Act
from huizhen.consult.joint.flow import JOINT, TEAM
from huizhen.consult.joint.queries import PanelCount, count_panels
from huizhen.kernel.flow.queries import Filters, list_worklist
from huizhen.people.accounts.requests import Request

PER_COLUMN = 25


@login_required
def page(request: Request) -> HttpResponse:
    """All open consultations of one's centre. Raises Http404 for who works at none."""
    actor = request.actor
    if not actor.roles() & set(TEAM):
        raise Http404
    columns = [_column(request, state) for state in JOINT.states if not state.end]
    channels = [f"account:{request.user.pk}", *sorted({f"team:{m.organisation_id}" for m in actor.memberships})]
    hear(request, *channels)
    rows = [card["row"] for column in columns for card in column["cards"]]
    context = {
        "columns": columns, "live_channels": " ".join(channels), "late": sum(row.late for row in rows),
        "urgent": sum(row.urgent for row in rows), "total": len(rows),
    }  # fmt: skip
    return render(request, "centre/_board.html" if request.htmx else "centre/board.html", context)


def _column(request: Request, state: Any) -> dict[str, Any]:
    found = list_worklist(request.actor, "centre", Filters(states=(state.code,)), limit=PER_COLUMN)
    rows = work.rows(found.cases, request.actor, "centre")
    keys = {links.case(case.id): case.id for case in found.cases}
    panels = count_panels(list(keys.values())) if state.code in ("assigning", "reviewing", "meeting") else {}
    cards = [
        {
            "row": row,
            "act": _act(state.code, keys[row.href], panels),
            "panel": _panel(state.code, panels, keys[row.href]),
        }
        for row in rows
    ]
    return {"code": state.code, "label": state.label, "cards": cards, "more": f"/?scope=centre&state={state.code}"
            if found.after else ""}  # fmt: skip


def _act(state: str, case_id: Any, panels: dict[Any, PanelCount]) -> Act | None:
    """The one move that comes next, where it is the centre's."""
    if state == "submitted":
        return Act(_("The material is complete"), action=links.act(case_id, "accept_material"))
    if state == "received":
        return Act(_("Begin to assign"), action=links.act(case_id, "start_assigning"))
    if state == "assigning":
        count = panels.get(case_id)
        if count and count.ready:
            return Act(_("Let the experts begin"), action=links.act(case_id, "start_review"))
        if count and count.accepted >= count.quorum:
            return Act(_("Name the chair"), href=links.act(case_id, "name_chair"))
        return Act(_("Invite experts"), href=links.act(case_id, "invite"))
    return None


def _panel(state: str, panels: dict[Any, PanelCount], case_id: Any) -> str:
    count = panels.get(case_id)
    if count is None:
        return ""
    if state == "assigning":
        told = _("%(accepted)s of %(quorum)s accepted, %(open)s asked")
        return told % {"accepted": count.accepted, "quorum": count.quorum, "open": count.open}
    return _("%(n)s of %(all)s opinions are signed.") % {"n": count.signed, "all": count.accepted}
