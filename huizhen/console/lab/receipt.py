"""Receiving a box: its number, then tube after tube under the scanner; the counts say at once whether all is there."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_http_methods

from huizhen.console.lab.scanning import many_codes, one_code
from huizhen.console.refusals import put_into
from huizhen.console.shapes import Crumb
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.lab.exceptions.actions import look_into_box
from huizhen.lab.refused import Refused
from huizhen.lab.specimens import access, actions, queries
from huizhen.lab.specimens.rules import plain_barcode
from huizhen.people.accounts.requests import Request


class ReceiptForm(forms.Form):
    """A scanner types each barcode and a line end: one field takes them all."""

    code = forms.CharField(label=gettext_lazy("Box"), max_length=40, widget=one_code())
    barcodes = forms.CharField(
        label=gettext_lazy("Tubes in the box"),
        help_text=gettext_lazy("Scan one after the other; each scan makes a line of its own."),
        widget=many_codes(12),
    )


@login_required
@require_http_methods(["GET", "POST"])
def page(request: Request) -> HttpResponse:
    """Receive a box."""
    places = access.access_bench(request.actor)
    form = ReceiptForm(request.POST or None, initial=request.GET.dict())
    form.fields["barcodes" if request.GET.get("code") else "code"].widget.attrs["autofocus"] = True
    if form.is_valid():
        try:
            box = access.access_box(request.actor, plain_barcode(form.cleaned_data["code"]))
            box = actions.receive_box(
                box, barcodes=form.cleaned_data["barcodes"].split(), actor=request.actor, at=clock.now()
            )
        except NotVisible:
            put_into(form, Refused({"code": "unknown_box"}))
        except Refused as error:
            put_into(form, error)
        else:
            differs = look_into_box(box.id, at=clock.now())
            _say(request, box.sealed_count, box.received_count or 0, differs)
            return redirect("lab-receipt")
    crumbs = [Crumb(pgettext("laboratory", "Bench"), reverse("lab-bench")), Crumb(_("Receive a box"))]
    context = {"crumbs": crumbs, "form": form, "coming": queries.list_boxes(places)[:50]}
    return render(request, "lab/bench/receipt.html", context, status=422 if form.errors else 200)


def _say(request: Request, sealed: int, received: int, differs: bool) -> None:
    if sealed == received and not differs:
        messages.success(
            request, ngettext("%(n)s tube, as sealed.", "%(n)s tubes, as sealed.", received) % {"n": received}
        )
    else:
        words = _("Sealed with %(sealed)s, received %(received)s. An exception has been opened.")
        if not differs:
            words = _("Sealed with %(sealed)s, received %(received)s. What was sealed came in other boxes, or nobody "
                      "has registered it.")  # fmt: skip
        messages.warning(request, words % {"sealed": sealed, "received": received})
