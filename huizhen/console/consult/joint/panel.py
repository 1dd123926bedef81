"""The panel of experts: searched, invited at once or in line, taken back; and the invited expert's answer."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from huizhen.console.consult.joint import forms, links, suggested
from huizhen.console.consult.joint.acts import Asked, show_form
from huizhen.console.consult.joint.case import crumbs, head
from huizhen.console.consult.joint.material import keys
from huizhen.console.consult.joint.next import fits
from huizhen.console.consult.joint.not_now import not_now
from huizhen.console.pace import at_most
from huizhen.console.refusals import REFUSALS, say, status_of
from huizhen.consult.joint import actions
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.flow import ANSWER, COORDINATE
from huizhen.consult.joint.queries import LIVE, get_load
from huizhen.kernel.access import NotVisible
from huizhen.kernel.clock import now
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.kernel.limits import Limit
from huizhen.people.accounts.requests import Request
from huizhen.people.credentials.access import access_experts
from huizhen.people.credentials.cards import get_cards
from huizhen.people.credentials.queries import Expert, list_experts, list_experts_of, list_specialties
from huizhen.people.organisations.queries import list_organisations

SEARCHES = Limit("expert search", account=40, address=400)
WIDTHS = {"line": 1, "waves": 2}
FOUND_BY = ("q", "specialty", "organisation", "page")
SENT = ("q", "specialty", "organisation", "expert", "seat", "how", "quorum")
QUORUMS = tuple("123456789")
DECLINE = Asked(
    gettext_lazy("Decline"), gettext_lazy("The centre asks the next expert at once."), gettext_lazy("Decline"),
    ANSWER, forms.Decline, lambda *_: None,
)  # fmt: skip


@login_required
@at_most(SEARCHES)
def invite(request: Request, case_id: UUID) -> HttpResponse:
    """Search experts, choose some, invite them. What was chosen stays chosen from search to search."""
    seen = access_joint(request.actor, case_id, to=COORDINATE)
    access_experts(request.actor)
    if request.method != "POST":
        if not fits(seen, "invite"):
            return not_now(request, seen, _("Invite experts"))
        return _search(request, seen, request.GET)
    if request.POST.get("act") == "find" or "page" in request.POST:
        return redirect(f"{request.path}?{_kept(request.POST, *FOUND_BY)}")
    chosen = keys(request.POST.getlist("expert"))
    if not chosen:
        return _search(request, seen, request.POST, error=_("Choose at least one expert."), status=422)
    try:
        how, quorum = request.POST.get("how"), request.POST.get("quorum", "")
        actions.invite(
            request.actor, case_id, chosen, at=now(), in_line=how in WIDTHS, wide=WIDTHS.get(how or "", 1),
            seats=suggested.read_seats(request.POST.getlist("seat")),
            quorum=int(quorum) if quorum in QUORUMS else 0, despite_limit="despite_limit" in request.POST,
        )  # fmt: skip
    except REFUSALS as error:
        return _search(request, seen, request.POST, error=_why(error), status=status_of(error), full=_is_full(error))
    messages.success(request, _("The invitations are on their way."))
    return redirect(links.case(case_id))


def _is_full(error: Exception) -> bool:
    """Whether a full week stands against the invitation: then the page offers to invite all the same."""
    return isinstance(error, Refused) and error.code == "week_full"


def _why(error: Exception) -> str:
    """The refusal; a full week with the names of those whose week it is."""
    if not isinstance(error, Refused) or not _is_full(error):
        return say(error)
    cards = get_cards(UUID(key) for key in error.details["experts"])
    names = _("Full: %(names)s") % {"names": " · ".join(card.name for card in cards.values())}
    return f"{say(error)} {names}"


def _again(asked: Any) -> list[tuple[str, str]]:
    """What was sent, to be sent once more with the tick."""
    return [(name, value) for name in SENT for value in asked.getlist(name)]


def _kept(asked: Any, *names: str) -> str:
    """A search as an address, with whom one has chosen so far and how they are to be asked."""
    return urlencode([(name, value) for name in (*names, "expert", "how") for value in asked.getlist(name)])


def _search(
    request: Request, seen: Seen, asked: Any, *, error: str = "", status: int = 200, full: bool = False
) -> HttpResponse:
    case_id, at = seen.application.case_id, now()
    specialty = asked.get("specialty", seen.application.specialty_id)
    query = {"q": asked.get("q", ""), "specialty": specialty, "organisation": asked.get("organisation", "")}
    place = next(iter(keys([query["organisation"]])), None)
    taken = [i.expert_id for i in seen.application.invitations.all() if i.state in LIVE]
    page = int(asked.get("page") or 1) if str(asked.get("page") or 1).isdigit() else 1
    found = list_experts(
        on=at.date(), text=query["q"], specialty=query["specialty"], organisation_id=place, accepting=None,
        leave_out=[*taken, seen.application.applicant_id], page=page,
    )  # fmt: skip
    chosen = set(keys(asked.getlist("expert"))) - {*taken, seen.application.applicant_id}
    elsewhere = chosen - {one.account_id for one in found.rows}
    rows = [*(list_experts_of(elsewhere, on=at.date()) if elsewhere else ()), *found.rows]
    load = get_load([one.account_id for one in rows], at=at)
    context = {
        "case": head(seen, list_deadlines(case_id)), "crumbs": crumbs(seen, _("Invite experts")), "query": query,
        "found": [_row(one, load.get(one.account_id, (0, 0)), chosen) for one in rows], "total": found.total,
        "error": error, "week_full": full, "again": _again(asked) if full else (),
        "specialties": list_specialties(), "organisations": _hospitals(),
        "how": asked.get("how", "all"), "question": seen.application.question,
        "next": found.next_page, "everybody": f"?specialty=&{_kept(asked)}",
        **(suggested.context(seen, at) if page == 1 and not query["q"] else {}),
    }  # fmt: skip
    return render(request, "consult/joint/invite.html", context, status=status)


def _row(expert: Expert, load: tuple[int, int], chosen: set[UUID]) -> dict[str, Any]:
    working, week = load
    return {
        "id": expert.account_id, "name": expert.name, "title": expert.title_label, "place": expert.place,
        "specialties": " · ".join(expert.specialties), "focus": expert.subspecialty,
        "accepting": expert.accepting, "working": working, "week": week, "limit": expert.weekly_limit,
        "full": bool(expert.weekly_limit) and week >= expert.weekly_limit, "chosen": expert.account_id in chosen,
    }  # fmt: skip


def _hospitals() -> list[tuple[str, str]]:
    rows = list_organisations().filter(kind__in=("hospital", "clinic"))
    return [(str(row.pk), row.name) for row in rows]


@login_required
@require_POST
def withdraw(request: Request, case_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Take an unanswered invitation back."""
    access_joint(request.actor, case_id, to=COORDINATE)
    try:
        actions.withdraw_invitation(request.actor, case_id, invitation_id, at=now())
        messages.success(request, _("The invitation is taken back; the expert is told."))
    except REFUSALS as error:
        messages.error(request, say(error))
    return redirect(links.case(case_id))


@login_required
@require_POST
def accept(request: Request, case_id: UUID) -> HttpResponse:
    """Accept one's own invitation."""
    seen = access_joint(request.actor, case_id)
    try:
        actions.answer(request.actor, _own(seen).id, accepts=True, at=now())
        messages.success(request, _("Thank you. The material is open to you now."))
    except REFUSALS as error:
        messages.error(request, say(error))
    return redirect(links.case(case_id))


@login_required
def decline(request: Request, case_id: UUID) -> HttpResponse:
    """Decline one's own invitation, with a reason if one likes."""
    seen = access_joint(request.actor, case_id)
    invitation = _own(seen)
    if request.method != "POST" and invitation.state != "invited":
        return not_now(request, seen, DECLINE.title)
    form = forms.Decline(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return show_form(request, seen, form, name="decline", asked=DECLINE, status=422 if form.errors else 200)
    try:
        actions.answer(request.actor, invitation.id, accepts=False, at=now(), **form.cleaned_data)
        messages.success(request, _("Thank you for the answer. The centre asks somebody else."))
    except REFUSALS as error:
        messages.error(request, say(error))
    return redirect("/")


def _own(seen: Seen) -> Any:
    """The reader's invitation that was made last.

    Raises:
        NotVisible: nobody has invited the reader.
    """
    own = [i for i in seen.application.invitations.all() if i.expert_id == seen.actor.account_id]
    if not own:
        raise NotVisible(seen.application.case_id)
    return max(own, key=lambda one: one.invited_at)
