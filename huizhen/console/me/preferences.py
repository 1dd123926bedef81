"""What I am told, and how: ways on and off, quiet hours. For patients and staff alike."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from huizhen.kernel import notify
from huizhen.kernel.notify.queries import PERSONAL_CHANNELS, Preference
from huizhen.people.accounts.requests import Request

IN_APP = "in_app"


class QuietForm(forms.Form):
    """Quiet hours; equal times mean none."""

    quiet_start = forms.TimeField(label=gettext_lazy("Quiet from"))
    quiet_end = forms.TimeField(label=gettext_lazy("Quiet to"))


@login_required
@require_http_methods(["GET", "POST"])
def notifications(request: Request) -> HttpResponse:
    """Show and store one's own wishes."""
    wish = notify.get_preference(request.user.pk)
    form = QuietForm(request.POST or None)
    if form.is_valid():
        off = [code for code, _label in PERSONAL_CHANNELS if code != IN_APP and f"way-{code}" not in request.POST]
        notify.prefer(
            request.user.pk, channels_off=off, quiet_from=form.cleaned_data["quiet_start"],
            quiet_until=form.cleaned_data["quiet_end"],
        )  # fmt: skip
        messages.success(request, _("Saved."))
        return redirect("me-notifications")
    on = ways_posted(request.POST) if request.method == "POST" else ways_of(wish)
    context = {"kinds": [kind(on)], "quiet": quiet_of(form, wish), "form": form}
    return render(request, "me/notifications.html", context, status=400 if form.errors else 200)


def ways_of(wish: Preference) -> set[str]:
    """The ways that are on."""
    return {code for code, _label in PERSONAL_CHANNELS} - set(wish.channels_off)


def ways_posted(posted: Iterable[str]) -> set[str]:
    """The ways that were ticked in a form that comes back."""
    return {name.removeprefix("way-") for name in posted if name.startswith("way-")} | {IN_APP}


def kind(on: set[str]) -> dict[str, Any]:
    """The one list of ways: a wish holds for all that one is told."""
    ways = [
        {"code": code, "label": label, "name": f"way-{code}", "on": code in on, "off_limits": code == IN_APP}
        for code, label in PERSONAL_CHANNELS
    ]
    hint = _("What you are told never contains anything about your health, only that there is something to see here.")
    return {"code": "all", "label": _("Tell me by"), "hint": hint, "channels": ways}


def quiet_of(form: QuietForm, wish: Preference) -> dict[str, str]:
    """The hours as typed, else as stored."""
    if form.is_bound:
        return {"start": form["quiet_start"].value() or "", "end": form["quiet_end"].value() or ""}
    return {"start": f"{wish.quiet_from:%H:%M}", "end": f"{wish.quiet_until:%H:%M}"}
