"""A stored message beside what was understood."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huizhen.console.lab.instruments import words
from huizhen.console.shapes import Crumb
from huizhen.lab.instruments import access, queries
from huizhen.people.accounts.requests import Request


@login_required
@require_GET
def show(request: Request, raw_message_id: UUID) -> HttpResponse:
    """Bytes on one side, readings by the profile in use on the other. The look is on the record."""
    found = access.access_message(request.actor, raw_message_id)
    understood, profile = queries.understand(found)
    one = found.instrument
    crumbs = [Crumb(_("Instruments"), reverse("instruments"))]
    if one:
        crumbs += [Crumb(one.name, reverse("instrument", args=[one.id]))]
    context = {
        "crumbs": [*crumbs, Crumb(_("Message"))], "found": found, "state": found.get_state_display(),
        "lines": words.visible(found.payload), "rows": [words.reading_row(reading) for reading in understood.readings],
        "problems": [words.problem(code) for code in dict.fromkeys([*found.problems, *understood.problems])],
        "profile": profile, "title": words.title(profile.title) if profile else "",
        "whose": words.whose(profile),
    }  # fmt: skip
    return render(request, "lab/instruments/message.html", context)
