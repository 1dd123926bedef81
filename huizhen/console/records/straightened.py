"""What a document's page says of a photograph set straight, and the way back to the photograph as it was taken."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from huizhen.console.records import shown
from huizhen.people.accounts.requests import Request
from huizhen.records.documents import access, queries
from huizhen.records.documents.rules import STRAIGHTENING, TROUBLES

AS = {"taken", "straight"}


def state_of(request: Request, found: Any) -> dict[str, Any] | None:
    """The line below the picture: which form it has (`form`), the other one (`href`, `act`), and for those who may say
    which one is shown to all (`keep`, `original`, `choose`). None for what was never a photograph of a page."""
    straight = queries.get_straight(found)
    if straight is None or not (straight.file_id or straight.problem):
        return None
    if not straight.file_id:
        return {"form": "taken", "trouble": TROUBLES.get(straight.problem, "")}
    usual = "taken" if straight.original_at else "straight"
    asked = request.GET.get("as", "")
    form = asked if asked in AS else usual
    taken = form == "taken"
    return {
        "form": form,
        "says": _("This is the photograph as it was taken.") if taken else what_was_done(straight.done),
        "href": f"?as={'straight' if taken else 'taken'}{shown.along(shown.case_of(request.GET.get('case', '')), '&')}",
        "act": _("See it straight") if taken else _("See it as it was taken"),
        "keep": reverse("document-arrange", args=[found.id])
        if form != usual and access.may_arrange(request.actor, found) else "",
        "original": "yes" if taken else "no",
        "choose": _("Always show it as it was taken") if taken else _("Always show it straight"),
    }  # fmt: skip


def what_was_done(codes: list[str]) -> str:
    """What was done to a photograph, in a sentence."""
    done = [str(STRAIGHTENING[code]) for code in codes if code in STRAIGHTENING]
    return _("Set straight by the program: %(done)s.") % {
        "done": pgettext("between the items of a list", ", ").join(done)
    }
