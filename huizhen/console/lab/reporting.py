"""How reporting upstream stands, and earlier results for a platform that came later."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huizhen.console.lab import today
from huizhen.console.shapes import Crumb
from huizhen.kernel import clock
from huizhen.lab.reporting import access, actions, queries
from huizhen.people.accounts.requests import Request


@login_required
@require_GET
def page(request: Request) -> HttpResponse:
    """Each platform: what waits, since when, what it took, what it refused, and the last batches."""
    places, upstreams = access.access_reporting(request.actor)
    keys = [one.id for one in upstreams]
    at = clock.now()
    standings = [
        {
            "one": one,
            "fills": access.may_fill(request.actor, one.upstream),
            "hands_in": access.may_hand_in(request.actor, one.upstream),
            "tries": access.may_try(request.actor, one.upstream),
            "paused": bool(one.upstream.paused_until and one.upstream.paused_until > at),
        }
        for one in queries.get_standings(upstreams)
    ]
    context = {
        "standings": standings,
        "refused": queries.list_refused(keys, places),
        "batches": queries.list_batches(keys),
        "hops": today.draw(places, at)[-2:],
    }
    return render(request, "lab/reporting/page.html", context)


@login_required
@require_POST
def again(request: Request, delivery_id: UUID) -> HttpResponse:
    """Have what the platform refused sent once more; pressed twice, it is sent once."""
    delivery = access.access_delivery(request.actor, delivery_id)
    if actions.send_again(delivery, actor=request.actor, at=clock.now()):
        messages.success(request, _("It waits to be sent again; the exception closes when the platform accepts it."))
    else:
        messages.info(request, _("It is not refused any more; nothing was done."))
    return redirect("lab-reporting")


@login_required
@require_POST
def try_now(request: Request, upstream_id: UUID) -> HttpResponse:
    """Send to a platform again that did not let us in, without waiting for the next try."""
    actions.try_now(access.access_try(request.actor, upstream_id), actor=request.actor, at=clock.now())
    messages.success(request, _("It is tried within seconds; the exception closes when the platform takes results."))
    return redirect("lab-reporting")


class SinceForm(forms.Form):
    """From which day on."""

    since = forms.DateField(
        label=gettext_lazy("Released from this day on"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean_since(self) -> datetime:
        """The day's first moment, where the laboratory is; not a day that has not begun."""
        found = datetime.combine(self.cleaned_data["since"], time(), today.CHINA).astimezone(UTC)
        if found >= clock.now():
            raise forms.ValidationError(_("This day has not begun yet."))
        return found


@login_required
@require_http_methods(["GET", "POST"])
def earlier(request: Request, upstream_id: UUID) -> HttpResponse:
    """Results that were released before the platform was set up: counted first, then, confirmed, reported."""
    upstream, at = access.access_upstream(request.actor, upstream_id), clock.now()
    form = SinceForm(request.POST or None)
    count: int | None = None
    if form.is_valid():
        since = form.cleaned_data["since"]
        count = queries.count_unreported(upstream, since, at)
        if count and request.POST.get("confirmed") == str(count):
            actions.begin_backfill(upstream, since, expected=count, actor=request.actor, at=at)
            messages.success(request, _("They are being put into the ledger now; this page shows how far it is."))
            return redirect("lab-reporting-earlier", upstream.id)
    runs = queries.list_backfills(upstream.id)
    by_hand = access.may_hand_in(request.actor, upstream)
    context: dict[str, Any] = {
        "crumbs": [
            Crumb(_("Reporting upstream"), reverse("lab-reporting")),
            *([Crumb(upstream.name, reverse("lab-by-hand", args=[upstream.id]))] if by_hand else []),
            Crumb(_("Report earlier results")),
        ],
        "form": form,
        "upstream": upstream, "count": count, "runs": runs, "is_running": any(one.ended_at is None for one in runs),
        "changed": count is not None and request.POST.get("confirmed", str(count)) != str(count),
        "latest": (at - timedelta(hours=1)).astimezone(today.CHINA).date().isoformat(),
    }  # fmt: skip
    return render(request, "lab/reporting/earlier.html", context, status=422 if form.errors else 200)
