"""Changing how an instrument is read: first the difference on stored messages, then the change."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from huizhen.console.lab.instruments import words
from huizhen.console.lab.instruments.wall import read_key
from huizhen.console.shapes import Crumb
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.lab.instruments import access, actions, in_use, queries
from huizhen.lab.instruments.refused import Refused
from huizhen.lab.instruments.replay import REPLAYED
from huizhen.people.accounts.requests import Request
from huizhen.people.organisations.queries import get_names


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: Request, instrument_id: UUID) -> HttpResponse:
    """The profile's text; posted with `preview` it shows the difference, with `apply` it is put into use, if it is what
    the difference was shown of. `organisation` says whose version it is to be."""
    one = access.access_instrument(request.actor, instrument_id, to=access.MANAGE)
    current, owner = in_use.get_profile(one), _owner(request, one)
    text = request.POST.get("text") or in_use.next_text(one)
    context: dict[str, Any] = {
        "crumbs": [
            Crumb(_("Instruments"), reverse("instruments")),
            Crumb(one.name, reverse("instrument", args=[one.id])),
            Crumb(_("How it is read")),
        ],
        "one": one, "text": text, "current": current, "title": words.title(current.title) if current else one.profile,
        "whose": words.whose(current), "owner": owner, **_owners(request, one, current),
        "replayed": REPLAYED, "read_again": reverse("instrument-read-again", args=[one.id]),
    }  # fmt: skip
    if request.method == "POST":
        try:
            return _try(request, one, text, owner, context)
        except Refused as refused:
            if refused.field == "seen":
                context |= _tried(request, one, text, owner)
            context["fault"] = words.refusal(refused.field, refused.code, refused.detail)
            return render(request, "lab/instruments/profile.html", context, status=400)
    return render(request, "lab/instruments/profile.html", context)


def _owner(request: Request, one: Any) -> UUID:
    """Whose version it is to be: as posted, as long as it would hold for the instrument."""
    usual = access.usual_owner(request.actor, one)
    if "organisation" not in request.POST:
        return usual
    given = read_key(request.POST["organisation"])
    if given is None:
        raise NotVisible("organisation")
    owner = access.access_owner(request.actor, one, given)
    return owner if owner in access.list_owners(request.actor, one) else usual


def _owners(request: Request, one: Any, current: Any) -> dict[str, Any]:
    places = access.list_owners(request.actor, one)
    names = get_names(places)
    counted = [(key, words.holds_for(names[key], in_use.count_read_by(key, one.profile))) for key in places]
    is_ours = current is None or current.owner in places
    return {"owners": counted, "origin": "" if is_ours else words.origin(current)}


def _try(request: Request, one: Any, text: str, owner: UUID, context: dict[str, Any]) -> HttpResponse:
    if "apply" in request.POST:
        seen = request.POST.get("seen", "")
        made = actions.save_profile(one, text, owner=owner, seen=seen, actor=request.actor, at=clock.now())
        messages.success(request, _("Version %(version)s is in use for every new message.") % {"version": made.version})
        return redirect("instrument-profile", one.id)
    return render(request, "lab/instruments/profile.html", context | _tried(request, one, text, owner))


def _tried(request: Request, one: Any, text: str, owner: UUID) -> dict[str, Any]:
    tried = access.access_replay(request.actor, one, text, owner)
    return {"tried": tried.count, "seen": tried.seen, "changes": [_change(change) for change in tried.changes]}


def _change(change: Any) -> dict[str, Any]:
    return {
        "href": reverse("instrument-message", args=[change.message_id]),
        "pairs": [
            (words.reading_row(old) if old else None, words.reading_row(new) if new else None)
            for old, new in change.pairs
        ],
        "solved": [words.problem(code) for code in change.solved],
        "new": [words.problem(code) for code in change.new],
    }


@login_required
@require_POST
def read_again(request: Request, instrument_id: UUID) -> HttpResponse:
    """Have the newest stored messages read anew by the profile in use."""
    one = access.access_instrument(request.actor, instrument_id, to=access.MANAGE)
    keys = [message.id for message in queries.messages_of(one.id, limit=REPLAYED)]
    count = actions.read_again(one, keys, actor=request.actor, at=clock.now())
    text = ngettext("%(count)s message is read again.", "%(count)s messages are read again.", count)
    messages.success(request, text % {"count": count})
    return redirect("instrument", one.id)
