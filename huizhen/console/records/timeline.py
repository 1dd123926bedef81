"""The time line of a patient's record, over organisations."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from huizhen.console.consult.joint import links
from huizhen.console.records import shown, transcribed
from huizhen.console.records.fhir import KINDS
from huizhen.console.records.forms import PatientForm
from huizhen.kernel import clock
from huizhen.kernel.flow.language import FLOWS
from huizhen.people.accounts.requests import Request
from huizhen.people.organisations.queries import get_full_name
from huizhen.records.documents.queries import KINDS as DOCUMENT_KINDS
from huizhen.records.imaging.queries import list_series_of
from huizhen.records.medicines.queries import STATUSES
from huizhen.records.patients.naming import get_name_for
from huizhen.records.timeline import access, rules

LABELS: dict[str, Promise] = {
    "case": gettext_lazy("Consultations"),
    "document": gettext_lazy("Documents"),
    "study": gettext_lazy("Images"),
    "medicine": gettext_lazy("Medicines"),
    "brought": gettext_lazy("Brought in"),
    "consent": gettext_lazy("Consents"),
    "correction": gettext_lazy("Corrections"),
}
ICONS = {
    "case": "people",
    "document": "file",
    "study": "image",
    "medicine": "medicine",
    "brought": "file",
    "consent": "shield",
    "correction": "info",
}
MOST_ODD = 8
PAGES = {"document": "document", "medicine": "medicine", "brought": "fhir-piece"}


@login_required
@require_GET
def timeline(request: Request, patient_id: UUID) -> HttpResponse:
    """What happened, the latest first; narrowed by kind and organisation, both kept in the address."""
    patient = access.access_timeline(request.actor, patient_id)
    entries = access.list_entries(request.actor, patient)
    places = {one.place: get_full_name(one.place) for one in entries if one.place}
    kind = request.GET.get("kind", "")
    kind = kind if kind in LABELS else ""
    place = next((key for key in places if str(key) == request.GET.get("place")), None)
    series = first_series([one.about for one in entries if one.kind == "study"])
    months = [
        {"first": month, "entries": [row(one, places, series) for one in those]}
        for month, those in rules.by_month(rules.narrow(entries, kind=kind, place=place))
    ]
    context = {
        "crumbs": shown.crumbs(request.actor, patient, _("Time line")), "patient": patient, "months": months,
        "name": get_name_for(request.actor, patient, at=clock.now()),
        "kinds": [("", _("Everything")), *((code, label) for code, label in LABELS.items())],
        "organisations": [("", _("All organisations")), *sorted(((str(key), name) for key, name in places.items()),
                                                         key=lambda one: one[1])],
        "kind": kind, "place": str(place or ""), "any": bool(entries),
        "most_cases": rules.MOST_CASES if rules.is_cut(entries) else 0,
    }  # fmt: skip
    return render(request, "records/timeline/timeline.html", context)


def first_series(studies: list[UUID]) -> dict[UUID, UUID]:
    """Where a study opens: at its first series."""
    return {row.study_id: row.id for row in reversed(list_series_of(studies))}


def row(entry: rules.Entry, places: dict[UUID, str], series: dict[UUID, UUID]) -> dict[str, Any]:
    """One entry in words, with the way to it."""
    odd = [{"text": text, "sign": transcribed.SIGNS[flag]} for text, flag in entry.odd if flag in transcribed.SIGNS]
    return {
        "on": entry.on, "label": what_of(entry), "title": title_of(entry), "icon": ICONS[entry.kind],
        "place": place_of(entry, places), "href": href_of(entry, series),
        "odd": odd[:MOST_ODD], "more": max(0, len(odd) - MOST_ODD),
    }  # fmt: skip


def place_of(entry: rules.Entry, places: dict[UUID, str]) -> str:
    """Where it comes from; of what was brought in, that it was, and from where as far as it says."""
    if entry.brought:
        return _("Brought in from %(place)s") % {"place": entry.source} if entry.source else _("Brought in")
    if entry.source:
        return _("as %(who)s says") % {"who": entry.source}
    return places.get(entry.place, "") if entry.place else ""


def what_of(entry: rules.Entry) -> Any:
    """What kind of thing it is."""
    if entry.kind == "case":
        return FLOWS[entry.what].label
    if entry.kind == "document":
        return dict(DOCUMENT_KINDS).get(entry.what, "")
    if entry.kind == "medicine" and not entry.brought:
        return f"{_('Medicine')} · {dict(STATUSES)[entry.what]}"
    if entry.kind in ("brought", "medicine"):
        return KINDS.get(entry.what, entry.what)
    if entry.kind == "consent":
        return _("Consent given") if entry.what == "given" else _("Consent withdrawn")
    return _("Imaging") if entry.kind == "study" else _("Personal data corrected")


def title_of(entry: rules.Entry) -> Any:
    """What it is called; the field of a correction before its reason."""
    if entry.kind == "correction":
        return f"{PatientForm.base_fields[entry.what].label} · {entry.title}".rstrip(" ·")
    return entry.title


def href_of(entry: rules.Entry, series: dict[UUID, UUID]) -> str:
    """Where it opens; empty for what has no page of its own."""
    if entry.kind == "case":
        return links.case(entry.about)
    if entry.kind in PAGES:
        # A document that was brought in is a document; a medicine that was is a piece of its bundle.
        kind = "brought" if entry.kind == "medicine" and entry.brought else entry.kind
        return reverse(PAGES[kind], args=[entry.about])
    return reverse("series", args=[series[entry.about]]) if entry.about in series else ""
