"""Contracts, panel templates and rules: listed, made, changed; what stood before is shown beside each form."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from huizhen.console.centre import history
from huizhen.console.centre.master_forms import ContractForm, RuleForm, TemplateForm
from huizhen.console.centre.meanwhile import say_meanwhile
from huizhen.consult.contracts import access as contract_access
from huizhen.consult.contracts import queries as contracts
from huizhen.consult.panels import access as panel_access
from huizhen.consult.panels import queries as panels
from huizhen.kernel.access import Actor, NotVisible
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request
from huizhen.people.credentials.queries import TITLES
from huizhen.people.seen import ChangedMeanwhile, stamp


@dataclass(frozen=True)
class Kind:
    """One sort of master data: its words, form, rows, permission, and what the audit calls it."""

    title: Any
    lead: Any
    form: Any
    subject: str
    describe: Callable[[Any], dict[str, Any]]
    check: Callable[[Actor], None]
    rows: Callable[[], Iterable[Any]]


KINDS = {
    "contracts": Kind(
        gettext_lazy("Contracts"), gettext_lazy("Who may ask whom, how often, at what price."), ContractForm,
        "contract", contracts.describe, contract_access.check_manage, contracts.list_contracts,
    ),
    "templates": Kind(
        gettext_lazy("Panel templates"), gettext_lazy("Who belongs to the panel for a kind of question."), TemplateForm,
        "panel_template", panels.describe_template, panel_access.check_manage,
        lambda: panels.list_templates(active=False),
    ),
    "rules": Kind(
        gettext_lazy("Rules of departments"), gettext_lazy("How many experts at least, and who may chair."), RuleForm,
        "panel_rule", panels.describe_rule, panel_access.check_manage, panels.list_rules,
    ),
}  # fmt: skip


@login_required
def index(request: Request) -> HttpResponse:
    """All of it on one page."""
    panel_access.check_manage(request.actor)
    at = now()
    used = contracts.count_used(at)
    english = (get_language() or "").startswith("en")
    context = {
        "contracts": [
            {"row": row, "used": used.get(row.pk, (0, 0))[0], "spent": used.get(row.pk, (0, 0))[1] / 100,
             "fee": row.fee_fen / 100, "urgent_fee": row.urgent_fee_fen / 100}
            for row in contracts.list_contracts()
        ],
        "templates": [
            {"row": row, "name": row.name_en if english and row.name_en else row.name,
             "seats": [seat.specialty.name_en if english else seat.specialty.name for seat in row.seats.all()]}
            for row in panels.list_templates(active=False)
        ],
        "rules": [
            {"row": row, "name": row.specialty.name_en if english else row.specialty.name,
             "title": dict(TITLES).get(row.chair_title, "")}
            for row in panels.list_rules()
        ],
        "kinds": KINDS,
    }  # fmt: skip
    return render(request, "centre/masters.html", context)


@login_required
def edit(request: Request, kind: str, row_id: UUID | None = None) -> HttpResponse:
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
    if request.method == "POST" and form.is_valid():
        by = {"actor": request.actor, "at": now(), "seen": request.POST.get("seen", "")}
        try:
            if form.store(row_id, by):
                messages.success(request, _("Saved. What stood there before is kept."))
                return redirect("centre-masters")
        except ChangedMeanwhile:
            row = _find(sort, row_id)
            say_meanwhile(form, sort.form.read(row))
    told = history.tell((sort.subject, row_id)) if row_id else []
    seen = stamp(sort.describe(row)) if row else ""
    context = {"sort": sort, "form": form, "row": row, "history": told, "seen": seen}
    return render(request, "centre/master.html", context, status=422 if form.errors else 200)


def _find(sort: Kind, row_id: UUID | None) -> Any:
    found = next((one for one in sort.rows() if one.pk == row_id), None) if row_id else None
    if row_id and found is None:
        raise NotVisible(row_id)
    return found
