"""The wall of instruments, one instrument, and registering or changing it."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from huizhen.console.frame import hear
from huizhen.console.lab.instruments import words
from huizhen.console.lab.instruments.forms import InstrumentForm
from huizhen.console.shapes import Crumb
from huizhen.kernel import clock
from huizhen.kernel.access import may
from huizhen.lab.instruments import access, actions, in_use, queries, rules
from huizhen.lab.instruments.refused import Refused
from huizhen.people.accounts.requests import Request
from huizhen.people.organisations.queries import get_names

RECENT = timedelta(hours=24)


class Rank(IntEnum):
    """How an instrument stands, and how far up on the wall: what is worst comes first."""

    UNREACHABLE = 0
    SILENT = 1
    PROBLEMS = 2
    SENDING = 3
    UNHEARD = 4
    UNUSED = 5


# What whoever is on duty does first, at 3 a.m. and without knowing the house; where nothing stands here, nothing is to
# be done.
FIRST_STEP = {
    Rank.UNREACHABLE: gettext_lazy("Is it switched on, is its cable in? We try again by ourselves, every minute at the "
                                   "latest."),
    Rank.SILENT: gettext_lazy("Is it measuring, does it show an error of its connection? Where it stands idle on "
                              "purpose, nothing is to be done."),
    Rank.PROBLEMS: gettext_lazy("Open it and look at the messages that were set aside; nothing is lost."),
    Rank.UNHEARD: gettext_lazy("Have it send one result; it appears here at once."),
}  # fmt: skip


# An instrument that calls us and cannot: it is our own port, not its cable.
PORT_CLOSED = gettext_lazy("Its port cannot be opened here; another program may have it. Tell whoever runs this "
                           "computer. We try again every five seconds.")  # fmt: skip


@login_required
@require_GET
def wall(request: Request) -> HttpResponse:
    """Each instrument: last message, rate, silence, errors. Those in trouble first; looks again by itself."""
    places = access.access_wall(request.actor)
    hear(request, queries.CHANNEL)
    at = clock.now()
    rows = list_rows(list(queries.instruments_of(places)), at)
    strangers = access.may_see_strangers(request.actor)
    context = {
        "rows": rows,
        "can_manage": bool(access.managed_places(request.actor)),
        "strangers": queries.count_strangers() if strangers else 0,
        "pending": queries.count_pending_of([one["key"] for one in rows]), "channel": queries.CHANNEL,
    }  # fmt: skip
    return render(request, "lab/instruments/wall.html", context)


def list_rows(instruments: list[Any], at: datetime) -> list[dict[str, Any]]:
    """Each instrument on the wall, those in trouble first. Five statements, however many there are."""
    keys = [one.id for one in instruments]
    hour, day = queries.counts_since(keys, queries.hour_of(at)), queries.counts_since(keys, at - RECENT)
    hours = queries.hours_of(keys, at - timedelta(days=rules.LEARN_DAYS + 7))
    troubled = queries.list_last_problems([key for key, (_heard, bad) in day.items() if bad])
    rows = [
        row(one, hour.get(one.id, (0, 0)), day.get(one.id, (0, 0)), hours[one.id], troubled.get(one.id, []), at)
        for one in instruments
    ]
    return sorted(rows, key=lambda one: one["rank"])


def row(
    one: Any, hour: tuple[int, int], day: tuple[int, int], hours: rules.Hours, problems: list[str], at: datetime
) -> dict[str, Any]:  # fmt: skip
    """An instrument on the wall. `usual`: what its habit has sent by now in this hour; `since`: of its trouble;
    `missing`: how many messages its habit had expected in its silence; `todo`: what whoever is on duty does."""
    state, tone, rank = condition(one, day[1])
    usual = rules.usual_by_now(hours, at)
    is_silent = one.is_active and one.silent_since is not None
    silence = rules.silence(hours, one.silent_since, at) if is_silent else None
    return {
        "key": one.id, "href": reverse("instrument", args=[one.id]), "name": one.name, "place": str(one.organisation),
        "state": state, "tone": tone, "rank": (rank, one.name), "last_at": one.last_at,
        "since": one.link_since if rank is Rank.UNREACHABLE else one.silent_since if is_silent else None,
        "missing": round(silence.expected) if silence and rank is Rank.SILENT else 0,
        "hour": hour[0], "usual": None if usual is None or not one.is_active else round(usual),
        "day": day[0], "problems": day[1], "link": one.get_link_state_display(),
        "wrong": words.problem(problems[0]) if problems and rank <= Rank.PROBLEMS else "",
        "todo": PORT_CLOSED if rank is Rank.UNREACHABLE and one.link == "calls" else FIRST_STEP.get(rank, ""),
    }  # fmt: skip


def condition(one: Any, problems: int) -> tuple[str, str, Rank]:
    """What is to be said of an instrument first, its tone, and its rank."""
    if not one.is_active:
        return _("Out of use"), "ended", Rank.UNUSED
    if one.link_state == "failing":
        return _("Cannot be reached"), "late", Rank.UNREACHABLE
    if one.silent_since:
        return _("Silent for too long"), "late", Rank.SILENT
    if problems:
        return _("Has problems"), "waiting", Rank.PROBLEMS
    return (_("Sends"), "going", Rank.SENDING) if one.last_at else (_("Never heard yet"), "waiting", Rank.UNHEARD)


@login_required
@require_GET
def instrument(request: Request, instrument_id: UUID) -> HttpResponse:
    """One instrument with the messages it sent; `state` filters them, `before` goes on."""
    one = access.access_instrument(request.actor, instrument_id)
    hear(request, queries.CHANNEL)
    state, before = request.GET.get("state", ""), read_key(request.GET.get("before", ""))
    found = queries.messages_of(one.id, state=state if state in dict(queries.STATES) else "", before=before)
    profile = in_use.get_profile(one)
    may_read = may(request.actor, access.READ, one.organisation_id)
    context = {
        "crumbs": [Crumb(_("Instruments"), reverse("instruments")), Crumb(one.name)], "one": one,
        "title": words.title(profile.title) if profile else "", "whose": words.whose(profile),
        "known": [str(part) for part in (one.address, one.port, one.identity) if part],
        "not_taken": [order_row(row, may_read) for row in queries.list_not_taken(one.id, clock.now() - RECENT)],
        "profile": profile, "rows": [message_row(found_one, may_read) for found_one in found],
        "states": queries.STATES, "state": state, "first": f"?state={state}" if before else "",
        "next": f"?state={state}&before={found[-1].id}" if len(found) == queries.PAGE else "",
        "can_manage": may(request.actor, access.MANAGE, one.organisation_id), "channel": queries.CHANNEL,
    }  # fmt: skip
    return render(request, "lab/instruments/instrument.html", context)


def order_row(one: Any, may_read: bool) -> str:
    """Orders that an instrument did not take, or did not call off: of which specimen, where the reader may know it."""
    what = _("calling off not taken") if one.cancels_id else _("orders not taken")
    return f"{one.specimen} · {what}" if may_read else what


def message_row(one: Any, may_read: bool) -> dict[str, Any]:
    """A stored message in a list."""
    return {
        "href": reverse("instrument-message", args=[one.id]) if may_read else "", "at": one.received_at,
        "state": one.get_state_display(), "tone": "waiting" if one.state in ("kept", "set_aside") else "ended",
        "size": one.size, "readings": one.readings, "repeats": one.repeats,
        "problems": [words.problem(code) for code in one.problems],
    }  # fmt: skip


def read_key(text: str) -> UUID | None:
    """The key in an address, or nothing."""
    try:
        return UUID(text)
    except ValueError:
        return None


@login_required
@require_http_methods(["GET", "POST"])
def register(request: Request) -> HttpResponse:
    """A new instrument; from an unknown sender, `sender` says which, and its messages come along."""
    access.access_managing(request.actor)
    sender = request.GET.get("sender", "")
    if sender:
        access.access_strangers(request.actor)
    new = queries.new_instrument(sender)
    return _form_page(request, new, _("New instrument"), reverse("instruments"), sender)


@login_required
@require_http_methods(["GET", "POST"])
def change(request: Request, instrument_id: UUID) -> HttpResponse:
    """Change an instrument."""
    one = access.access_instrument(request.actor, instrument_id, to=access.MANAGE)
    return _form_page(request, one, _("Change instrument"), reverse("instrument", args=[one.id]), "")


def _form_page(request: Request, one: Any, title: str, back: str, sender: str) -> HttpResponse:
    places = access.managed_places(request.actor)
    names = get_names(places)
    initial = {name: getattr(one, name) for name in InstrumentForm.base_fields}
    places.sort(key=lambda place: place != one.organisation_id)  # a profile's title is that of where it stands
    choices = [(str(place), names[place]) for place in places]
    form = InstrumentForm(request.POST or None, initial=initial, places=choices)
    if form.is_valid():
        for name, value in form.cleaned_data.items():
            setattr(one, name, value)
        try:
            actions.save_instrument(one, actor=request.actor, at=clock.now())
        except Refused as refused:
            form.add_error(refused.field, words.refusal(refused.field, refused.code, refused.detail))
        else:
            if sender:
                actions.claim_sender(one, sender, at=clock.now())
            messages.success(
                request, _("%(name)s is saved. The intake knows it within five seconds.") % {"name": one.name}
            )
            return redirect("instrument", one.id)
    context = {"crumbs": [Crumb(_("Instruments"), reverse("instruments")), Crumb(title)], "title": title, "form": form,
               "back": back}  # fmt: skip
    return render(request, "lab/instruments/form.html", context, status=400 if form.errors else 200)
