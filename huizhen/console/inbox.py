"""The inbox, and the bell that counts it."""

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from huizhen.kernel import clock, notify
from huizhen.people.accounts.requests import Request

PAGE = 30


@login_required
@require_GET
def inbox(request: Request) -> HttpResponse:
    """What somebody was told, the newest first."""
    after = read_cursor(request.GET.get("after", ""))
    found = notify.list_inbox(request.user.pk, after=after, limit=PAGE + 1)
    entries = found[:PAGE]
    notes = [
        {
            "id": one.id,
            "title": one.title,
            "body": one.body,
            "at": one.at,
            "href": reverse("inbox-open", args=[one.id]),
            "new": one.seen_at is None,
            "urgent": one.urgency == "urgent",
        }
        for one in entries
    ]
    context = {
        "notes": notes,
        "first": reverse("inbox") if after else "",
        "next": f"?after={entries[-1].id}" if len(found) > PAGE else "",
        "read_all": reverse("inbox-read"),
    }
    return render(request, "inbox/list.html", context)


def read_cursor(text: str) -> UUID | None:
    """The entry a page begins after; what is none begins at the start."""
    try:
        return UUID(text)
    except ValueError:
        return None


@login_required
@require_GET
def open_entry(request: Request, entry_id: UUID) -> HttpResponse:
    """Mark one as seen and go where it leads; somebody else's does not exist."""
    entry = notify.get_entry(request.user.pk, entry_id)
    if entry is None:
        raise Http404
    notify.mark_seen(request.user.pk, ids=[entry.id], at=clock.now())
    return redirect(path_of(entry.link))


def path_of(link: str) -> str:
    """The path of a link, which always stays in this house; the inbox where it has none."""
    parts = urlsplit(link)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    fits = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if fits and path != "/" else reverse("inbox")


@login_required
@require_POST
def read_all(request: Request) -> HttpResponse:
    """Mark everything as seen."""
    notify.mark_seen(request.user.pk, at=clock.now())
    return redirect("inbox")


@login_required
@require_GET
def bell(request: Request) -> HttpResponse:
    """The bell alone, with its count; asked for when a pulse says so."""
    return render(request, "_bell.html")
