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
from huizhen.consult.contracts import access as contract_access
from huizhen.consult.contracts import queries as contracts
from huizhen.consult.panels import access as panel_access
from huizhen.consult.panels import queries as panels
from huizhen.kernel.access import Actor, NotVisible
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request
from huizhen.people.credentials.queries import TITLES


@dataclass(frozen=True)
class Kind:
    """One sort of master data: its words, form, rows, permission, and what the audit calls it."""

    title: Any
    lead: Any
    form: Any
    subject: str
    check: Callable[[Actor], None]
    rows: Callable[[], Iterable[Any]]


KINDS = {
    "contracts": Kind(
        gettext_lazy("Contracts"), gettext_lazy("Who may ask whom, how often, at what price."), ContractForm,
        "contract", contract_access.check_manage, contracts.list_contracts,
    ),
    "templates": Kind(
        gettext_lazy("Panel templates"), gettext_lazy("Who belongs to the panel for a kind of question."), TemplateForm,
        "panel_template", panel_access.check_manage, lambda: panels.list_templates(active=False),
    ),
    "rules": Kind(
        gettext_lazy("Rules of departments"), gettext_lazy("How many experts at least, and who may chair."), RuleForm,
        "panel_rule", panel_access.check_manage, panels.list_rules,
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
    row = next((one for one in sort.rows() if one.pk == row_id), None) if row_id else None
    if row_id and row is None:
        raise NotVisible(row_id)
    form = sort.form(request.POST or None, initial=sort.form.read(row) if row else None)
    if request.method == "POST" and form.is_valid() and form.store(row_id, {"actor": request.actor, "at": now()}):
        messages.success(request, _("Saved. What stood there before is kept."))
        return redirect("centre-masters")
    told = history.tell((sort.subject, row_id)) if row_id else []
    context = {"sort": sort, "form": form, "row": row, "history": told}
    return render(request, "centre/master.html", context, status=422 if form.errors else 200)
