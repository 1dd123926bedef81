"""Platforms that take only an Excel file by hand: what waits, the next batch, its file, and what became of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
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

from huizhen.console.lab import today
from huizhen.console.lab.exceptions import to_key
from huizhen.console.refusals import put_into, say
from huizhen.console.shapes import Crumb, Due
from huizhen.kernel import clock
from huizhen.lab.refused import Refused
from huizhen.lab.reporting import access, actions, formats, queries, rules
from huizhen.people.accounts.requests import Request

# Where each state stands among the steps that are drawn.
STEPS = {"prepared": 2, "downloaded": 3, "handed_in": 4, "unknown": 4, "answered": 5}
LABELS = (
    pgettext_lazy("step", "Made"), pgettext_lazy("step", "Downloaded"), pgettext_lazy("step", "Handed in"),
    pgettext_lazy("step", "Answered"),
)  # fmt: skip
TO_HAND_IN = frozenset({"prepared", "downloaded"})


class HandInForm(forms.Form):
    """When it was handed in, and the platform's number for it."""

    handed_at = forms.DateTimeField(
        label=gettext_lazy("Handed in at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    receipt = forms.CharField(
        label=gettext_lazy("The platform's receipt number"), max_length=80, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class AnswerForm(forms.Form):
    """Which rows the platform refused."""

    refused = forms.CharField(
        label=gettext_lazy("Refused rows"), required=False,
        help_text=gettext_lazy(
            "One line each: the row's number as Excel shows it, then the platform's reason. Empty: all were accepted."
        ),
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def page(request: Request, upstream_id: UUID) -> HttpResponse:
    """What waits for a platform, the batches under way, and the button that makes the next one."""
    upstream, at = access.access_by_hand(request.actor, upstream_id), clock.now()
    if request.method == "POST":
        seen = request.POST.get("after", "")
        try:
            made = actions.prepare(upstream, after=to_key(seen) if seen else None, actor=request.actor, at=at)
        except Refused as error:
            messages.warning(request, say(error))
            return redirect("lab-by-hand", upstream.id)
        return redirect("lab-batch", made.id)
    [standing] = queries.get_standings([upstream])
    batches = queries.list_carried(upstream.id)
    open_, over = ([one for one in batches if (one.state in queries.OPEN) == wanted] for wanted in (True, False))
    context = {
        "crumbs": [Crumb(_("Reporting upstream"), reverse("lab-reporting")), Crumb(upstream.name)],
        "upstream": upstream, "standing": standing, "waiting": group(queries.list_waiting(upstream.id)),
        "next": min(standing.waiting, upstream.most_at_once), "after": batches[0].id if batches else "",
        "full": standing.open_batches >= rules.MOST_OPEN, "over": over,
        "open": [{"batch": one, "due": _due(one)} for one in open_],
        "template": queries.get_template(upstream.id),
    }  # fmt: skip
    return render(request, "lab/reporting/by_hand.html", context)


def group(waiting: Iterable[Any]) -> list[dict[str, Any]]:
    """What waits, one line for each value of a tube: of a mixed tube it waits once for each person in it."""
    found: dict[Any, dict[str, Any]] = {}
    for one in waiting:
        seen = one.observation
        line = found.setdefault(seen.id, {"tube": seen.tube, "item": seen.item, "count": 0, "since": one.enlisted_at})
        line["count"] += 1
    return list(found.values())


@login_required
@require_GET
def batch(request: Request, batch_id: UUID) -> HttpResponse:
    """One batch: what to do with it now, and who did what with it. Until it is downloaded the page asks again by
    itself, and is answered only when there is something new: what is being typed on it stays."""
    found = access.access_batch(request.actor, batch_id)
    if request.htmx and found.state == "prepared":
        return HttpResponse(status=204)
    return _show(request, found)


def _show(
    request: Request,
    found: Any,
    *,
    hand_form: Any = None,
    answer_form: Any = None,
    checked: Any = None,
    given_back: Mapping[str, str] | None = None,
) -> HttpResponse:
    """`given_back`: why it was not, `says`, with the `reason` that was typed."""
    crumbs = [
        Crumb(_("Reporting upstream"), reverse("lab-reporting")),
        Crumb(found.upstream.name, reverse("lab-by-hand", args=[found.upstream_id])),
        Crumb(_name(found)),
    ]
    context: dict[str, Any] = {
        "crumbs": crumbs, "batch": found, "carried": found.hand_in, "name": _name(found), "due": _due(found),
        "steps": [{"label": str(label)} for label in LABELS],
        "current": STEPS.get(found.state, 0), "checked": checked, "is_open": found.state in queries.OPEN,
        "hand_form": hand_form or HandInForm(initial={"handed_at": clock.now()}),
        "answer_form": answer_form or AnswerForm(),
        "refused": queries.list_refused_of(found.id) if found.state == "answered" else [], "given_back": given_back,
    }  # fmt: skip
    failed = given_back or any(form is not None and form.errors for form in (hand_form, answer_form))
    return render(request, "lab/reporting/batch.html", context, status=422 if failed else 200)


def _name(found: Any) -> str:
    """A name to talk about it: the day and the end of its key, which the file carries too."""
    return f"{found.sent_at.astimezone(today.CHINA):%Y%m%d}-{str(found.id)[-4:].upper()}"


def _due(found: Any) -> Due | None:
    due = Due(found.hand_in.due_at, _("To be handed in by then, else it becomes an exception of the laboratory."))
    return due if found.state in TO_HAND_IN else None


@login_required
@require_POST
def download(request: Request, batch_id: UUID) -> HttpResponse:
    """The file, the same every time. By a button, because it is written down who took it."""
    found = access.access_batch(request.actor, batch_id)
    try:
        content = actions.download(found, actor=request.actor, at=clock.now())
    except Refused as error:
        return _moved(request, found, error)
    headers = {
        "Content-Disposition": f'attachment; filename="report-{_name(found)}.xlsx"',
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(content, content_type=formats.EXCEL, headers=headers)


@login_required
@require_POST
def hand_in(request: Request, batch_id: UUID) -> HttpResponse:
    """Note that it was handed in."""
    found, form = access.access_batch(request.actor, batch_id), HandInForm(request.POST)
    if form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        try:
            _floor(found, given)
            actions.hand_in(found, **given, actor=request.actor, at=clock.now())
        except Refused as error:
            if "batch" in error.errors:
                return _moved(request, found, error)
            put_into(form, error)
        else:
            messages.success(request, _("Noted. Enter here what the platform answers."))
            return redirect("lab-batch", batch_id)
    return _show(request, found, hand_form=form)


def _floor(found: Any, given: dict[str, Any]) -> None:
    """A form knows minutes: the minute in which the file was made is not before it."""
    handed: datetime = given["handed_at"]
    if handed == found.sent_at.replace(second=0, microsecond=0):
        given["handed_at"] = found.sent_at


@login_required
@require_POST
def answer(request: Request, batch_id: UUID) -> HttpResponse:
    """What the platform said: shown first, row by row with its tube, then, confirmed, written down."""
    found, form = access.access_batch(request.actor, batch_id), AnswerForm(request.POST)
    checked = None
    if form.is_valid():
        try:
            refused = rules.read_refused(form.cleaned_data["refused"], found.hand_in.first_row, found.size)
            if "confirmed" in request.POST:
                actions.take_answer(found, refused, actor=request.actor, at=clock.now())
                messages.success(request, _("Written down. What was refused is set aside and can be sent again."))
                return redirect("lab-batch", batch_id)
            checked = _check(found, refused)
        except Refused as error:
            if "batch" in error.errors:
                return _moved(request, found, error)
            put_into(form, error)
    return _show(request, found, answer_form=form, checked=checked)


def _moved(request: Request, found: Any, error: Refused) -> HttpResponse:
    """Somebody was faster: show how it stands now."""
    messages.warning(request, say(error))
    return redirect("lab-batch", found.id)


def _check(found: Any, refused: dict[int, str]) -> dict[str, Any]:
    """Who typed a row's number must see which tube that is."""
    rows = queries.list_rows(found.id) if refused else []
    named = [
        {"row": place + found.hand_in.first_row, "about": rows[place].observation, "reason": reason}
        for place, reason in sorted(refused.items())
        if place < len(rows)
    ]
    return {"refused": named, "accepted": found.size - len(refused)}


@login_required
@require_POST
def unknown(request: Request, batch_id: UUID) -> HttpResponse:
    """Nobody knows what became of it."""
    found = access.access_batch(request.actor, batch_id)
    try:
        actions.mark_unknown(found, actor=request.actor, at=clock.now())
    except Refused as error:
        return _moved(request, found, error)
    messages.success(request, _("Noted. Ask the platform, and enter its answer here; nothing is sent again before."))
    return redirect("lab-batch", batch_id)


@login_required
@require_POST
def give_back(request: Request, batch_id: UUID) -> HttpResponse:
    """It never arrived, or nothing of it was taken."""
    found, reason = access.access_batch(request.actor, batch_id), request.POST.get("reason", "")
    try:
        actions.give_back(found, reason, actor=request.actor, at=clock.now())
    except Refused as error:
        if "batch" in error.errors:
            return _moved(request, found, error)
        return _show(request, found, given_back={"says": say(error), "reason": reason})
    messages.success(request, _("Its results wait for the next batch. The old file must not be handed in any more."))
    return redirect("lab-batch", batch_id)
