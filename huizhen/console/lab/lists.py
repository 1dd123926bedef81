"""Lists of persons: handed in, checked by a job, looked at, registered by a job. Each list has a page of its own that
shows how far it is, and can be left."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from huizhen.console.lab.site import SiteForm, tabs
from huizhen.console.lab.words import FIELDS, NO_FILE
from huizhen.console.refusals import put_into
from huizhen.console.shapes import Crumb
from huizhen.kernel import clock
from huizhen.lab.refused import SENTENCES, Refused
from huizhen.lab.specimens import access, actions, queries
from huizhen.people.accounts.requests import Request

LARGEST_LIST = 10_000_000
SHOWN_FAULTS = 200


class ListForm(SiteForm):
    """An Excel or CSV file."""

    file = forms.FileField(label=gettext_lazy("Excel or CSV file"), error_messages=NO_FILE)

    def clean_file(self) -> Any:
        """Not larger than any real list is."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_LIST:
            raise forms.ValidationError(str(SENTENCES["too_many_rows"]))
        return file


@login_required
@require_http_methods(["GET", "POST"])
def lists(request: Request) -> HttpResponse:
    """Hand a list in; below, what became of the last ones."""
    sites = queries.list_sites(access.access_collecting(request.actor))
    form = ListForm(request.POST or None, request.FILES or None, sites=sites)
    if form.is_valid():
        site, file = access.access_site(request.actor, form.cleaned_data["site"]), form.cleaned_data["file"]
        try:
            held = actions.take_list(site, file.read(), file.name, actor=request.actor, at=clock.now())
        except Refused as error:
            put_into(form, error)
        else:
            return redirect("lab-list", held.id)
    context = {"form": form, "tabs": tabs("lab-lists"), "rows": queries.list_lists([one.id for one in sites])}
    return render(request, "lab/collect/lists.html", context, status=422 if form.errors else 200)


def _say(field: str, code: str) -> str:
    """What is wrong with one cell of a row."""
    return _("%(label)s: %(one)s") % {"label": FIELDS.get(field, field), "one": SENTENCES[code]}


@login_required
@require_http_methods(["GET", "POST"])
def one_list(request: Request, list_id: UUID) -> HttpResponse:
    """One list: how far it is, each bad row by its number, and, when it was checked, the way to register the rest."""
    held = access.access_list(request.actor, list_id)
    if request.method == "POST":
        actions.register_list(held, actor=request.actor, at=clock.now())
        return redirect("lab-list", held.id)
    faults = [
        {"row": int(row), "says": [_say(field, code) for field, code in codes.items()]}
        for row, codes in sorted(held.faults.items(), key=lambda one: int(one[0]))[:SHOWN_FAULTS]
    ]
    crumbs = [Crumb(_("Lists of persons"), reverse("lab-lists")), Crumb(held.name)]
    more = max(0, held.bad - len(faults))
    context: dict[str, Any] = {"crumbs": crumbs, "held": held, "faults": faults, "more": more}
    return render(request, "lab/collect/list.html", context)
