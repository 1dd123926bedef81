"""Opinion templates as operators keep them: items in order, the form as the expert will see it, earlier versions."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from huizhen.console.centre import history
from huizhen.console.centre.item_words import compare_items
from huizhen.console.centre.masters import crumbs
from huizhen.console.centre.meanwhile import say_meanwhile
from huizhen.console.centre.opinion_forms import (
    PREFIX,
    ItemForms,
    TemplateForm,
    draw,
    read_rows,
    to_items,
    to_row,
)
from huizhen.console.consult.joint import forms
from huizhen.consult.joint.findings import access, actions, queries
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.requests import Request, acting
from huizhen.people.seen import ChangedMeanwhile, stamp


@dataclass(frozen=True)
class Shown:
    """What the expert's form is drawn from."""

    code: str
    version: int
    items: list[dict[str, Any]]


@login_required
def edit(request: Request, template_code: str = "") -> HttpResponse:
    """Make a template, or change one. A button beside an item moves it or takes it out; nothing is saved by that.

    Raises:
        NotVisible: no such template. NotAllowed: the reader keeps none.
    """
    access.check_manage(request.actor)
    row = _find(template_code)
    if request.method != "POST":
        form = TemplateForm(initial=TemplateForm.read(row) if row else None)
        return _page(
            request, row, form, draw(map(to_row, row.items) if row else [{}]), _stamp(row), row.items if row else []
        )
    typed, seen = request.POST, request.POST.get("seen", "")
    if act := typed.get("act", ""):
        form = TemplateForm(initial={name: typed.get(name, "") for name in TemplateForm.base_fields})
        return _page(request, row, form, draw(_rearrange(read_rows(typed), act)), seen, _drawable(typed))
    form, items = TemplateForm(typed), ItemForms(typed, prefix=PREFIX)
    if form.is_valid() and items.is_valid():
        try:
            if saved := _store(row, form, items, {"seen": seen, **acting(request)}):
                messages.success(request, _("Saved. Opinions that were begun keep the items they began with."))
                return redirect("centre-opinion", template_code=saved.code)
        except ChangedMeanwhile:
            row = _find(template_code)
            seen = _stamp(row)
            _say_meanwhile(form, row, _drawable(typed))
    return _page(request, row, form, items, seen, _drawable(typed), status=422)


@login_required
@require_POST
def preview(request: Request) -> HttpResponse:
    """The form as the expert will see it, from what stands in the fields now."""
    access.check_manage(request.actor)
    return render(request, "centre/_preview.html", {"preview": _draw(_drawable(request.POST))})


@login_required
def version(request: Request, template_code: str, version: int) -> HttpResponse:
    """An earlier version as the expert saw it; posting asks it again.

    Raises:
        NotVisible: no such template or version. NotAllowed: the reader keeps none.
    """
    access.check_manage(request.actor)
    row, old = _find(template_code), queries.get_version(template_code, version)
    if row is None or old is None or old.version != version:
        raise NotVisible(template_code)
    if request.method == "POST":
        try:
            actions.restore_version(template_code, version, seen=request.POST.get("seen", ""), **acting(request))
            messages.success(
                request, _("Version %(n)s is asked again. What stood there before is kept.") % {"n": version}
            )
            return redirect("centre-opinion", template_code=template_code)
        except ChangedMeanwhile:
            messages.warning(
                request, _("Somebody else has changed the template meanwhile. Look at it, then decide anew.")
            )
            return redirect("centre-opinion", template_code=template_code)
    context = {
        "row": row, "old": old, "preview": _draw(old.items), "seen": _stamp(row),
        "crumbs": crumbs("opinions", _("Version %(n)s") % {"n": version}),
    }  # fmt: skip
    return render(request, "centre/opinion_version.html", context)


def _store(row: Any, form: TemplateForm, items: Any, by: dict[str, Any]) -> Any:
    cleaned = [one.cleaned_data for one in items]
    return form.store(row.code if row else "", to_items(cleaned, row.items if row else ()), by)


def _say_meanwhile(form: TemplateForm, row: Any, typed: list[dict[str, Any]]) -> None:
    say_meanwhile(form, TemplateForm.read(row))
    for label, _mine, stands in compare_items(typed, row.items):
        form.add_error(None, f"{label}: " + _("Now stands here: %(value)s") % {"value": stands})


def _rearrange(rows: list[dict[str, Any]], act: str) -> list[dict[str, Any]]:
    """`add`, or `up-2`, `down-2`, `drop-2` by the item's place from 0; whatever else changes nothing."""
    verb, _dash, place = act.partition("-")
    at = int(place) if place.isdecimal() else len(rows)
    if verb == "add":
        return [*rows, {}]
    if verb == "drop":
        return rows[:at] + rows[at + 1 :]
    to = at - 1 if verb == "up" else at + 1
    if verb in ("up", "down") and 0 <= to < len(rows) and at < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
    return rows


def _drawable(data: QueryDict) -> list[dict[str, Any]]:
    """The items that are whole already."""
    forms_of_items = ItemForms(data, prefix=PREFIX)
    return to_items([one.cleaned_data for one in forms_of_items.forms if one.is_valid()])


def _draw(items: list[dict[str, Any]]) -> list[Any]:
    """The fields of the expert's form, that can be looked at and not filled in."""
    english = (get_language() or "").startswith("en")
    form = forms.Opinion(template=Shown("", 0, items), english=english, auto_id="preview-%s")
    return [form[name] for name, _key in form.items]


def _page(
    request: Request,
    row: Any,
    form: TemplateForm,
    items: Any,
    seen: str,
    drawn: list[dict[str, Any]],
    status: int = 200,
) -> HttpResponse:
    context = {
        "row": row, "form": form, "items": items, "preview": _draw(drawn), "seen": seen,
        "history": history.tell(("opinion_template", row.code)) if row else [],
        "versions": [one for one in queries.list_versions(row.code) if not one.now] if row else [],
        "crumbs": crumbs("opinions", str(row) if row else _("New opinion template")),
    }  # fmt: skip
    return render(request, "centre/opinion_template.html", context, status=status)


def _stamp(row: Any) -> str:
    return stamp(queries.describe(row)) if row else ""


def _find(code: str) -> Any:
    row = queries.get_template(code) if code else None
    if code and row is None:
        raise NotVisible(code)
    return row
