"""What the centre's operators keep: contracts, panels, rules, opinion templates. Listed, found, made, changed; what
stood before is shown beside each form."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huizhen.console.centre import history, master_rows
from huizhen.console.centre.master_forms import ContractForm, CosigningForm, RuleForm, TemplateForm
from huizhen.console.centre.master_rows import Shown
from huizhen.console.centre.meanwhile import say_meanwhile
from huizhen.console.shapes import Crumb, Tab
from huizhen.consult.contracts import access as contract_access
from huizhen.consult.contracts import queries as contracts
from huizhen.consult.joint.cosigning_rules import access as cosigning_access
from huizhen.consult.joint.cosigning_rules import queries as cosigning
from huizhen.consult.panels import access as panel_access
from huizhen.consult.panels import queries as panels
from huizhen.kernel.access import Actor, NotVisible
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request
from huizhen.people.seen import ChangedMeanwhile, stamp

HERE = "/centre/masters/"


@dataclass(frozen=True)
class Listing:
    """One sort of master data as it is listed: its words, and its rows as they are shown."""

    title: Any
    lead: Any
    new: Any
    shown: Callable[[], Iterable[Shown]]


@dataclass(frozen=True)
class Kind:
    """How one sort is kept: its form, what the audit calls it, permission, and the rows themselves."""

    form: Any
    subject: str
    describe: Callable[[Any], dict[str, Any]]
    check: Callable[[Actor], None]
    rows: Callable[[], Iterable[Any]]


LISTINGS = {
    "contracts": Listing(
        gettext_lazy("Contracts"),
        gettext_lazy(
            "A hospital without any contract may ask everybody. Once it has one, it may ask only those it has contracts"
            " with, and its own group."
        ),
        gettext_lazy("New contract"), master_rows.list_contracts,
    ),
    "templates": Listing(
        gettext_lazy("Panel templates"), gettext_lazy("Who belongs to the panel for a kind of question."),
        gettext_lazy("New panel template"), master_rows.list_panels,
    ),
    "rules": Listing(
        gettext_lazy("Rules of departments"), gettext_lazy("How many experts at least, and who may chair."),
        gettext_lazy("New rule"), master_rows.list_rules,
    ),
    "cosigning": Listing(
        gettext_lazy("Co-signing"),
        gettext_lazy(
            "Whether all experts of a department sign its reports. Without a rule, whoever wishes to signs too."
        ),
        gettext_lazy("New co-signing rule"), master_rows.list_cosigning,
    ),
    "opinions": Listing(
        gettext_lazy("Opinion templates"),
        gettext_lazy("What experts of a department note down item by item, so that opinions can be laid side by side."),
        gettext_lazy("New opinion template"), master_rows.list_opinions,
    ),
}  # fmt: skip
KINDS = {
    "contracts": Kind(
        ContractForm, "contract", contracts.describe, contract_access.check_manage, contracts.list_contracts
    ),
    "templates": Kind(
        TemplateForm, "panel_template", panels.describe_template, panel_access.check_manage,
        lambda: panels.list_templates(active=False),
    ),
    "rules": Kind(RuleForm, "panel_rule", panels.describe_rule, panel_access.check_manage, panels.list_rules),
    "cosigning": Kind(
        CosigningForm, "cosigning_rule", cosigning.describe, cosigning_access.check_manage, cosigning.list_rules
    ),
}  # fmt: skip


@login_required
def index(request: Request) -> HttpResponse:
    """One sort at a time, found by what its rows say."""
    panel_access.check_manage(request.actor)
    kind = request.GET.get("kind", "contracts")
    kind = kind if kind in LISTINGS else "contracts"
    q = request.GET.get("q", "").strip()
    rows = [row for row in LISTINGS[kind].shown() if _fits(row, q)]
    tabs = [Tab(one.title, f"{HERE}?kind={name}", name == kind) for name, one in LISTINGS.items()]
    context = {"listing": LISTINGS[kind], "kind": kind, "rows": rows, "q": q, "tabs": tabs, "here": f"{HERE}{kind}/"}
    return render(request, "centre/masters.html", context)


@login_required
def edit(request: Request, kind: str, row_id: str = "") -> HttpResponse:
    """Make one, or change one.

    Raises:
        Http404: no such kind. NotVisible: no such row. NotAllowed: the reader keeps none.
    """
    if kind not in KINDS:
        raise Http404
    sort = KINDS[kind]
    sort.check(request.actor)
    row = _find(sort, row_id)
    form = sort.form(request.POST or None, initial=sort.form.read(row) if row else None)
    seen = request.POST.get("seen", "") or _stamp(sort, row)
    if request.method == "POST" and form.is_valid():
        by = {"actor": request.actor, "at": now(), "seen": request.POST.get("seen", "")}
        try:
            if form.store(row.pk if row else None, by):
                messages.success(request, _("Saved. What stood there before is kept."))
                return redirect(f"{HERE}?kind={kind}")
        except ChangedMeanwhile:
            row = _find(sort, row_id)
            seen = _stamp(sort, row)
            say_meanwhile(form, sort.form.read(row))
    listing = LISTINGS[kind]
    context = {
        "listing": listing, "form": form, "row": row, "crumbs": crumbs(kind, _("Change") if row else listing.new),
        "history": history.tell((sort.subject, row.pk)) if row else [], "seen": seen,
    }  # fmt: skip
    return render(request, "centre/master.html", context, status=422 if form.errors else 200)


def crumbs(kind: str, last: Any) -> list[Crumb]:
    """The way back to the list of one sort."""
    return [Crumb(LISTINGS[kind].title, f"{HERE}?kind={kind}"), Crumb(last)]


def _fits(row: Shown, q: str) -> bool:
    text = f"{row.title} {row.about}".lower()
    return all(word in text for word in q.lower().split())


def _stamp(sort: Kind, row: Any) -> str:
    return stamp(sort.describe(row)) if row else ""


def _find(sort: Kind, row_id: str) -> Any:
    found = next((one for one in sort.rows() if str(one.pk) == row_id), None) if row_id else None
    if row_id and found is None:
        raise NotVisible(row_id)
    return found
