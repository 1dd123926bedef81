"""The organisations of an operator's region: the tree, one of them, a new one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from huizhen.console.centre import history
from huizhen.console.centre.organisation_forms import NewOrganisationForm, OrganisationForm
from huizhen.console.centre.tabs import tabs
from huizhen.console.shapes import Crumb
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import Request, acting
from huizhen.people.organisations import access, queries
from huizhen.people.seen import stamp
from huizhen.people.staff.access import access_region
from huizhen.people.staff.queries import count_staff

HERE = "/centre/organisations/"
DEEPEST = 4  # so many steps are indented; what lies deeper stands in line with the last


@login_required
def index(request: Request) -> HttpResponse:
    """The tree; a search or a kind makes it a list, each with the way to it."""
    region = access_region(request.actor)
    query = {"q": request.GET.get("q", "").strip(), "kind": request.GET.get("kind", "")}
    filtered, staff = bool(query["q"] or query["kind"]), count_staff(region)
    kinds = dict(queries.KINDS)
    rows = [
        {
            "row": row, "depth": 0 if filtered else min(depth, DEEPEST), "kind": kinds.get(row.kind, row.kind),
            "way": _way(row) if filtered else "", "staff": staff.get(row.pk, 0),
        }
        for row, depth in queries.list_region(region) if _fits(row, query)
    ]  # fmt: skip
    context = {
        "rows": rows, "query": query, "kinds": queries.KINDS, "tabs": tabs(HERE), "total": len(rows),
        "filtered": filtered,
    }  # fmt: skip
    return render(request, "centre/organisations.html", context)


@login_required
def new(request: Request) -> HttpResponse:
    """A new one, below one of the region."""
    region = access_region(request.actor)
    form = NewOrganisationForm(request.POST or None, region=region, initial={"parent": request.GET.get("below", "")})
    if request.method == "POST" and form.is_valid() and (made := form.store(acting(request))):
        messages.success(request, _("%(name)s is in the tree now.") % {"name": made.name})
        return redirect("centre-organisation", organisation_id=made.pk)
    context = {"form": form, "crumbs": _crumbs(_("New organisation"))}
    return render(request, "centre/organisation_new.html", context, status=422 if form.errors else 200)


@login_required
def page(request: Request, organisation_id: UUID) -> HttpResponse:
    """One of them: what is kept of it, what lies directly below, who works there, what stood before.

    Raises:
        NotVisible: of another region, or the reader is no operator.
    """
    region = access_region(request.actor)
    if organisation_id not in region:
        raise NotVisible(organisation_id)
    row = access.access_organisation(request.actor, organisation_id, to=access.MANAGE)
    form = OrganisationForm(request.POST or None, row=row, region=region)
    if request.method == "POST" and form.is_valid() and form.store(acting(request), request.POST.get("seen", "")):
        messages.success(request, _("Saved. What stood there before is kept."))
        return redirect("centre-organisation", organisation_id=organisation_id)
    row = access.access_organisation(request.actor, organisation_id, to=access.MANAGE)
    context = {
        "row": row, "form": form, "seen": stamp(queries.describe(row)), "crumbs": _crumbs(row.name),
        "kind": dict(queries.KINDS).get(row.kind, row.kind), "way": _way(row),
        "below": [one for one, _depth in queries.list_region(region) if one.parent_id == row.pk],
        "staff": count_staff([row.pk]).get(row.pk, 0), "history": history.tell(("organisation", row.pk)),
    }  # fmt: skip
    return render(request, "centre/organisation.html", context, status=422 if form.errors else 200)


def _fits(row: Any, query: dict[str, str]) -> bool:
    text = f"{row.name} {row.code}".lower()
    words = query["q"].lower().split()
    return all(word in text for word in words) and query["kind"] in ("", row.kind)


def _way(row: Any) -> str:
    """What it lies below, from the root: `江城市远程医疗平台 › 青山县医疗共同体`."""
    return " › ".join(node.name for node in queries.list_path(row.pk)[:-1])


def _crumbs(last: str) -> list[Crumb]:
    return [Crumb(_("Organisations"), HERE), Crumb(last)]
