"""Error pages in plain words: what happened, what was kept, what to do now, and a number to quote.

They are drawn without the database and without context processors: they must work when nothing else does.
"""

import logging
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from huizhen.console.frame import number_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Page:
    """The sentences of one error page. `again`: trying again is sensible, so a button offers it."""

    title: Any
    happened: Any
    kept: Any
    now: Any
    again: bool = False


NOTHING_CHANGED = _("Nothing was changed.")
PAGES = {
    400: Page(
        _("This request could not be understood"),
        _("The address or the form arrived incomplete or damaged."),
        NOTHING_CHANGED,
        _("Go back and try again. If you followed a link, open the page from the menu instead."),
    ),
    403: Page(
        _("You are not allowed to do this"),
        _("You are logged in, but your role does not include this step."),
        NOTHING_CHANGED,
        _("If this is part of your work, ask the administrator of your organisation for the role."),
    ),
    404: Page(
        _("There is nothing here for you"),
        _("The page does not exist, or it is not open to you."),
        NOTHING_CHANGED,
        _("Check the address, or find the case in your worklist. Access to a case ends when the case ends."),
    ),
    409: Page(
        _("Somebody was faster"),
        _("While you were on the page, the case moved on, so your step no longer fits."),
        _("Their step stands; yours was not carried out."),
        _("Open the case again, look at what changed, and decide anew."),
        again=True,
    ),
    413: Page(
        _("That was too large"),
        _("The file or the text is larger than what we accept."),
        _("What was already saved is still there; this last part was not taken."),
        _("Documents may have 50 MB, imaging 1 GB. Split it, or compress it, and send it again."),
    ),
    429: Page(
        _("A little too fast"),
        _("There were too many attempts in a short time, so we paused them to keep accounts safe."),
        NOTHING_CHANGED,
        _("Wait a few minutes and try again. Did somebody else try to log in as you? Then change your password."),
        again=True,
    ),
    500: Page(
        _("Something broke on our side"),
        _("It is not your fault. The people on duty can see it under the number below."),
        _("Steps you finished before are safe. This last step was not carried out, or not completely shown."),
        _("Look at the case before you repeat the step. If it happens again, call and quote the number."),
        again=True,
    ),
    503: Page(
        _("Back in a moment"),
        _("The system is starting, or a part of it is being repaired."),
        _("Everything that was saved is safe."),
        _("Try again in a minute. In an emergency do not wait for this page: call 120."),
        again=True,
    ),
}
CSRF = Page(
    _("This page was open for too long"),
    _("For your safety a form is only accepted from a fresh page of ours. Yours had expired, or cookies are blocked."),
    _("What you typed is kept in this tab."),
    _("Go back, reload the page, and send the form again. If it keeps happening, allow cookies for this address."),
    again=True,
)

CROWDED = Page(
    _("Very many people are here right now"),
    _("More people are asking than we can answer at once, so some are asked to wait a moment."),
    _("Your place, your data and your results are safe; nothing is lost by waiting."),
    _("This page tries again by itself in a few seconds. In an emergency do not wait for it: call 120."),
)


def respond(request: HttpRequest, status: int, page: Page | None = None) -> HttpResponse:
    """Answer with an error page; to htmx with the same page, which it does not swap in but announces."""
    number = number_of(request)
    context = {
        "page": page or PAGES[status],
        "status": status,
        "request_number": number,
        "language": get_language() or "zh-hans",
        "path": request.get_full_path() if request.method == "GET" else "",
    }
    return HttpResponse(render_to_string("error.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400"""
    return respond(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403"""
    return respond(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404"""
    return respond(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    """handler500; falls back to one plain sentence if even the page cannot be drawn."""
    try:
        return respond(request, 500)
    except Exception:  # the last line of defence must not raise
        log.exception("the error page itself failed")
        # house: chinese, because nothing can be trusted to translate here
        text = "500 系统出错 / Something broke on our side"
        return HttpResponse(text, status=500, content_type="text/plain; charset=utf-8")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW"""
    log.warning("csrf refused: %s", reason)
    return respond(request, 403, CSRF)
