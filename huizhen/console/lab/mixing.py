"""Mixing single tubes on the bench: scan after scan, then the label of the mixed tube. The list stands in the address,
so that a wrong scan, a reload or a lost network loses nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods

from huizhen.console.shapes import Crumb, Tab
from huizhen.kernel import clock
from huizhen.lab.refused import SENTENCES, Refused
from huizhen.lab.specimens import access, actions, pools, rules
from huizhen.lab.specimens.queries import get_tube
from huizhen.lab.specimens.rules import plain_barcode
from huizhen.people.accounts.requests import Request

USUAL = 10
SHOWN_SINCE = timedelta(days=2)


@dataclass(frozen=True)
class Rack:
    """What was scanned so far. `is_all`: fewer than the size, and these are all."""

    size: int
    tubes: tuple[str, ...]
    label: str = ""
    is_all: bool = False

    @property
    def wants_label(self) -> bool:
        """Whether the next scan is the label of the mixed tube."""
        return self.is_all or len(self.tubes) >= self.size

    @property
    def address(self) -> str:
        """Where this rack stands."""
        given = [("size", str(self.size)), *(("tube", one) for one in self.tubes)]
        given += [("all", "yes")] if self.is_all else []
        given += [("label", self.label)] if self.label else []
        return f"{reverse('lab-mixing')}?{urlencode(given)}"

    def without(self, place: int) -> "Rack":
        """The rack without one tube, counted from 0."""
        return replace(self, tubes=self.tubes[:place] + self.tubes[place + 1 :], is_all=False, label="")


@login_required
@require_http_methods(["GET", "POST"])
def page(request: Request) -> HttpResponse:
    """The rack at hand: a good scan leads to the rack with it, a wrong one is said in words beside the same rack."""
    places = access.access_mixing(request.actor)
    given = request.POST if request.method == "POST" else request.GET
    rack = read(given)
    errors: Mapping[str, str] = {}
    if request.method == "POST":
        try:
            return mix(request, places, rack)
        except Refused as error:
            errors = error.errors
    scan = plain_barcode(request.GET.get("scan", ""))
    if scan:
        errors, after = take(rack, scan, places)
        if not errors:
            return redirect(after.address)
    context = show(rack, errors, scan, places)
    context["crumbs"] = [Crumb(pgettext("laboratory", "Bench"), reverse("lab-bench")), Crumb(_("Mix tubes"))]
    context["mixed"] = pools.list_mixed(places, clock.now() - SHOWN_SINCE)
    return render(request, "lab/bench/mixing.html", context, status=422 if request.method == "POST" else 200)


def read(given: QueryDict) -> Rack:
    """The rack of an address or a form; what is no number is the usual size."""
    said = str(given.get("size", ""))
    size = int(said) if said.isdecimal() else USUAL
    tubes = tuple(plain_barcode(one) for one in given.getlist("tube"))[: max(rules.POOL_SIZES)]
    label = plain_barcode(given.get("label", ""))
    return Rack(size if size in rules.POOL_SIZES else USUAL, tubes, label, "all" in given)


def take(rack: Rack, scan: str, places: list[Any]) -> tuple[Mapping[str, str], Rack]:
    """What is wrong with a scan, and the rack with it."""
    if not rack.wants_label:
        after = replace(rack, tubes=(*rack.tubes, scan))
        errors = rules.check_singles(after.tubes, pools.list_singles(after.tubes, places), rack.size)
        mine = errors.get(f"tubes.{len(after.tubes)}", "")
        return ({"scan": mine} if mine else {}), after
    if scan in rack.tubes or get_tube(scan) is not None:
        return {"scan": "label_taken"}, rack
    if not rules.BARCODE.fullmatch(scan):
        return {"scan": "barcode_shape"}, rack
    return {}, replace(rack, label=scan)


def mix(request: Request, places: list[Any], rack: Rack) -> HttpResponse:
    """Mix them, and begin the next rack of this size. Raises Refused."""
    pool = actions.mix_tubes(
        places, barcode=rack.label, tubes=rack.tubes, capacity=rack.size, actor=request.actor, at=clock.now()
    )
    said = ngettext("%(label)s: %(n)s tube mixed.", "%(label)s: %(n)s tubes mixed.", len(rack.tubes))
    messages.success(request, said % {"label": pool.barcode, "n": len(rack.tubes)})
    return redirect(Rack(rack.size, ()).address)


def show(rack: Rack, errors: Mapping[str, str], scan: str, places: list[Any]) -> dict[str, Any]:
    """The page's context. Each tube is looked at again: somebody else may have taken it meanwhile."""
    found = pools.list_singles(rack.tubes, places)
    standing = rules.check_singles(rack.tubes, found, rack.size)
    rows = [
        {"place": place + 1, "barcode": one, "why": SENTENCES.get(standing.get(f"tubes.{place + 1}", "")),
         "remove": rack.without(place).address}
        for place, one in enumerate(rack.tubes)
    ]  # fmt: skip
    above = [SENTENCES[code] for field, code in errors.items() if not field.startswith("tubes.")]
    last = replace(rack, label="") if rack.label else rack.without(len(rack.tubes) - 1)
    return {
        "rack": rack, "rows": rows, "wrong": above, "scan": scan,
        "test": next((one.test for one in found.values()), ""),
        "sizes": [_tab(rack, size) for size in rules.POOL_SIZES if size >= len(rack.tubes)],
        "undo": last.address if rack.tubes else "", "fewest": rules.FEWEST_MIXED,
        "all": replace(rack, is_all=True).address, "lead": _lead(rack),
        "mixes": bool(rack.label) and not any(row["why"] for row in rows),
    }  # fmt: skip


def _tab(rack: Rack, size: int) -> Tab:
    return Tab(
        _("Up to %(n)s") % {"n": size}, replace(rack, size=size, is_all=False, label="").address, size == rack.size
    )  # fmt: skip


def _lead(rack: Rack) -> str:
    if rack.label:
        return _("Check the list, then mix them.")
    if rack.wants_label:
        return _("Now scan the new label of the mixed tube.")
    return _("Scan single tube %(n)s of %(size)s.") % {"n": len(rack.tubes) + 1, "size": rack.size}
