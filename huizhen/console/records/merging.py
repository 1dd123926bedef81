"""Possible duplicates: listed with their reasons, compared side by side, joined, and taken apart again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods

from huizhen.console.records import shown
from huizhen.console.records.forms import JoinForm, SplitForm
from huizhen.console.records.said import say
from huizhen.console.shapes import Crumb
from huizhen.kernel import clock
from huizhen.kernel.access import Actor
from huizhen.people.accounts.requests import Request
from huizhen.people.organisations.queries import get_full_name
from huizhen.records.merging import access, actions, queries
from huizhen.records.merging.rules import REASONS, count_differences
from huizhen.records.patients.rules import name_key
from huizhen.records.refused import Refused


@login_required
@require_GET
def duplicates(request: Request) -> HttpResponse:
    """The pairs to be compared, the latest first."""
    at = clock.now()
    rows = [
        {
            "href": reverse("duplicate", args=[one.id]), "names": names_of(one.first, one.second),
            "line": shown.line_of(one.first, at), "reasons": reasons_of(one.reasons), "found_at": one.found_at,
            "places": sorted({one.first.organisation.name, one.second.organisation.name}),
        }
        for one in access.access_duplicates(request.actor)
    ]  # fmt: skip
    crumbs = [Crumb(_("Patients"), reverse("patients")), Crumb(_("Possible duplicates"))]
    return render(request, "records/merging/duplicates.html", {"crumbs": crumbs, "rows": rows})


def names_of(one: Any, other: Any) -> str:
    """The name, or both where they differ."""
    return one.name if name_key(one.name) == name_key(other.name) else f"{one.name} / {other.name}"


def reasons_of(codes: list[str]) -> list[str]:
    """Why two records may be one person's, in words."""
    return [str(REASONS[code]) for code in codes if code in REASONS]


@login_required
@require_http_methods(["GET", "POST"])
def duplicate(request: Request, likeness_id: UUID) -> HttpResponse:
    """Two records side by side: one person, or two?"""
    pair = access.access_likeness(request.actor, likeness_id)
    form = JoinForm(request.POST or None, pair=[(one.id, card_of(one)) for one in (pair.first, pair.second)])
    if request.method == "POST" and "different" in request.POST:
        actions.set_apart(pair, actor=request.actor, at=clock.now())
        messages.success(request, _("Kept as two people. They are not shown here again."))
        return redirect("duplicates")
    if form.is_valid():
        try:
            merge = join(form, pair, request.actor)
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, _("The two records are read as one from now on. This can be undone."))
            return redirect("patient", merge.survivor_id)
    title = names_of(pair.first, pair.second)
    context = {
        "crumbs": [Crumb(_("Patients"), reverse("patients")), Crumb(_("Possible duplicates"), reverse("duplicates")),
                   Crumb(title)],
        "title": title, "reasons": reasons_of(pair.reasons), "form": form, "open": pair.outcome == "open",
        "outcome": pair.get_outcome_display(), "records": [card_of(pair.first), card_of(pair.second)],
        "rows": compare(request.actor, pair.first, pair.second),
    }  # fmt: skip
    return render(request, "records/merging/compare.html", context, status=400 if form.errors else 200)


def join(form: JoinForm, pair: Any, actor: Actor) -> Any:
    """Join the pair under the record that was chosen. Raises Refused."""
    chosen = form.cleaned_data["survivor"]
    survivor, replaced = (pair.first, pair.second) if chosen == pair.first_id else (pair.second, pair.first)
    return actions.merge_patients(
        survivor, replaced, reasons=pair.reasons, note=form.cleaned_data["note"], actor=actor, at=clock.now()
    )


def card_of(patient: Any) -> str:
    """How one of the two is called where both have one name: by place and day."""
    day = shown.day(shown.day_of(patient.registered_at))
    return _("%(place)s, registered %(day)s") % {"place": get_full_name(patient.organisation_id), "day": day}


def compare(actor: Actor, one: Any, other: Any) -> list[dict[str, Any]]:
    """The facts of both, line by line, each with whether they agree; numbers stay masked."""
    at = clock.now()
    facts = [shown.person(actor, patient, at) for patient in (one, other)]
    lines = [
        (pgettext("of a person", "Name"), [one.name, other.name], name_key(one.name) == name_key(other.name), ""),
        (_("Born"), [fact["birth"] for fact in facts], one.birth_on == other.birth_on, ""),
        (_("Sex"), [fact["sex"] for fact in facts], one.sex == other.sex, ""),
        (_("Document"), [f"{fact['identity_kind']} {fact['identity']}" for fact in facts],
         one.identity_number == other.identity_number, apart(one, other)),
        (_("Phone"), [fact["phone"] for fact in facts], one.phone == other.phone, ""),
        (pgettext("of a record", "Contents"), [contents_of(patient) for patient in (one, other)], None, ""),
    ]  # fmt: skip
    return [
        {"label": label, "values": values, "same": same, "differs": same is False, "note": note}
        for label, values, same, note in lines
    ]


def apart(one: Any, other: Any) -> str:
    """In how many places two identity card numbers differ: a slip of the pen, or two cards."""
    if "resident" not in one.identity_kind or one.identity_kind != other.identity_kind:
        return ""
    places = count_differences(one.identity_number, other.identity_number)
    return ngettext("differ in %(n)d place", "differ in %(n)d places", places) % {"n": places} if places else ""


def contents_of(patient: Any) -> str:
    """How much lies in one record."""
    held = queries.get_contents(patient.id)
    counts = [
        ngettext("%(n)d document", "%(n)d documents", held.documents) % {"n": held.documents},
        ngettext("%(n)d imaging study", "%(n)d imaging studies", held.studies) % {"n": held.studies},
        ngettext("%(n)d case", "%(n)d cases", held.cases) % {"n": held.cases},
        ngettext("%(n)d consent", "%(n)d consents", held.consents) % {"n": held.consents},
    ]
    return " · ".join(counts)


@login_required
@require_http_methods(["GET", "POST"])
def merge(request: Request, merge_id: UUID) -> HttpResponse:
    """A merge: who joined what and why; and the way back."""
    found = access.access_merge(request.actor, merge_id)
    form = SplitForm(request.POST or None)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            actions.split_patients(found, reason=reason, actor=request.actor, at=clock.now())
        except Refused as refused:
            say(form, refused)
        else:
            messages.success(request, _("The two records are apart again, each as it was."))
            return redirect("patient", found.survivor_id)
    pair = [found.survivor, found.replaced]
    context = {
        "crumbs": shown.crumbs(request.actor, found.survivor, _("Joined record")), "merge": found,
        "reasons": reasons_of(found.reasons), "form": form, "records": [card_of(one) for one in pair],
        "rows": compare(request.actor, *pair), "back": reverse("patient", args=[found.survivor_id]),
    }  # fmt: skip
    return render(request, "records/merging/merge.html", context, status=400 if form.errors else 200)


def joined_of(actor: Actor, patient: Any) -> list[dict[str, Any]]:
    """The records joined to this one, for its page; each with the way to take it apart where the reader may."""
    return [
        {
            "card": card_of(one.replaced), "who": one.merged_by.name, "at": one.merged_at,
            "href": reverse("merge", args=[one.id]) if access.may_merge(actor, one.survivor, one.replaced) else "",
        }
        for one in (queries.list_merges(patient) if patient.replaces else ())
    ]  # fmt: skip
