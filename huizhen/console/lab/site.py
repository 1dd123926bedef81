"""A collection site's own pages: lists of persons, labels to print, boxes on their way, and who must come again."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huizhen.console.choices import offer
from huizhen.console.inbox import read_cursor
from huizhen.console.lab.scanning import many_codes, one_code
from huizhen.console.refusals import put_into, say
from huizhen.console.shapes import Tab
from huizhen.kernel import clock
from huizhen.lab.refused import Refused
from huizhen.lab.specimens import access, actions, labels, queries
from huizhen.lab.specimens.rules import plain_barcode
from huizhen.people.accounts.requests import Request

TABS = (
    ("lab-collect", pgettext_lazy("laboratory", "Collect")),
    ("lab-boxes", gettext_lazy("Boxes")),
    ("lab-labels", gettext_lazy("Labels")),
    ("lab-lists", pgettext_lazy("laboratory", "Lists")),
    ("lab-retests", pgettext_lazy("laboratory", "Re-tests")),
)
SHOWN_BOXES = 50


def tabs(here: str) -> list[Tab]:
    """The pages of a site, with the one at hand marked."""
    return [Tab(str(label), reverse(name), name == here) for name, label in TABS]


class SiteForm(forms.Form):
    """Where one works; there is nothing to choose for who works at one site only."""

    site = forms.TypedChoiceField(label=pgettext_lazy("collection", "Site"), coerce=UUID)

    def __init__(self, *given: Any, sites: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        offer(self, "site", [(str(one.id), one.name) for one in sites])


class LabelForm(SiteForm):
    """How many labels; with a number, those that were printed before."""

    count = forms.IntegerField(label=gettext_lazy("How many labels"), min_value=1, max_value=1000, initial=65)
    first = forms.IntegerField(
        label=gettext_lazy("Print again from number"), min_value=1, required=False,
        help_text=gettext_lazy("Only for labels that were torn or smeared. Empty: the next new ones."),
    )  # fmt: skip


class BoxForm(SiteForm):
    """A box as it is closed."""

    code = forms.CharField(label=gettext_lazy("Box"), max_length=40, widget=one_code())
    barcodes = forms.CharField(
        label=gettext_lazy("Tubes in the box"),
        help_text=gettext_lazy("Scan one after the other; each scan makes a line of its own."),
        widget=many_codes(8),
    )


@login_required
@require_http_methods(["GET", "POST"])
def print_labels(request: Request) -> HttpResponse:
    """Labels as a sheet (PDF) or for a label printer (ZPL): new numbers, or printed ones again."""
    sites = queries.list_sites(access.access_collecting(request.actor))
    form = LabelForm(request.POST or None, sites=sites)
    if form.is_valid():
        try:
            return _labels(request, form.cleaned_data)
        except Refused as error:
            put_into(form, error)
    context = {"form": form, "sites": sites, "tabs": tabs("lab-labels")}
    return render(request, "lab/collect/labels.html", context, status=422 if form.errors else 200)


def _labels(request: Request, wanted: dict[str, Any]) -> HttpResponse:
    site = access.access_site(request.actor, wanted["site"])
    at, count, first = clock.now(), wanted["count"], wanted["first"]
    if first:
        codes = actions.draw_again(site, first, count, actor=request.actor, at=at)
    else:
        codes = actions.reserve_barcodes(site, count, actor=request.actor, at=at)
    name = f"labels-{codes[0]}-{len(codes)}"
    if "zpl" in request.POST:
        kind, body = "text/plain; charset=utf-8", labels.write_zpl(site.name, codes).encode()
    else:
        kind, body = "application/pdf", labels.draw_sheet(site.name, codes, at=at)
    ending = "zpl" if "zpl" in request.POST else "pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return HttpResponse(body, content_type=kind, headers=headers)


@login_required
@require_http_methods(["GET", "POST"])
def boxes(request: Request) -> HttpResponse:
    """Close a box with what was scanned into it; below, where the last ones are."""
    sites = list(queries.list_sites(access.access_collecting(request.actor)))
    form = BoxForm(request.POST or None, sites=sites)
    if form.is_valid():
        site = access.access_site(request.actor, form.cleaned_data["site"])
        codes = form.cleaned_data["barcodes"].split()
        try:
            box = actions.seal_box(
                site, code=form.cleaned_data["code"], barcodes=codes, actor=request.actor, at=clock.now()
            )
        except Refused as error:
            put_into(form, error)
        else:
            messages.success(
                request, _("Box %(code)s is closed with %(n)s tubes.") % {"code": box.code, "n": box.sealed_count}
            )
            return redirect("lab-boxes")
    context = {
        "form": form, "tabs": tabs("lab-boxes"),
        "boxes": queries.list_boxes_of([one.id for one in sites])[:SHOWN_BOXES],
        "loose": [{"site": one, "tubes": list(queries.list_loose_tubes(one.id)[:200])} for one in sites],
    }  # fmt: skip
    return render(request, "lab/collect/boxes.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def hand_over(request: Request, box_code: str) -> HttpResponse:
    """Note who takes the box away."""
    box = access.access_box(request.actor, plain_barcode(box_code), to=access.COLLECT)
    try:
        actions.hand_over_box(box, carrier=request.POST.get("carrier", ""), actor=request.actor, at=clock.now())
    except Refused as error:
        messages.warning(request, say(error))
    else:
        messages.success(request, _("Noted."))
    return redirect("lab-boxes")


@login_required
@require_GET
def retests(request: Request) -> HttpResponse:
    """Who is tested again, because a mixed tube was not negative or a tube was given up: for the sites and for the
    laboratory."""
    after = read_cursor(request.GET.get("after", ""))
    orders, last = access.access_retests(request.actor, after=after)
    context = {
        "orders": orders, "tabs": tabs("lab-retests"), "first": reverse("lab-retests") if after else "",
        "next": f"?after={last}" if last else "",
    }  # fmt: skip
    return render(request, "lab/collect/retests.html", context)
