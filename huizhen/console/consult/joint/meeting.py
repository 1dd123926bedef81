"""The meeting: times offered, chosen, moved, cancelled, and the file for one's own calendar."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huizhen.console.consult.joint import forms, links, show
from huizhen.console.consult.joint.case import crumbs, head
from huizhen.console.consult.joint.meeting_card import shown
from huizhen.console.refusals import REFUSALS, say, status_of
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.flow import CONVENE
from huizhen.consult.joint.meetings import actions, ics, rules
from huizhen.consult.joint.meetings.access import VOTE
from huizhen.consult.joint.meetings.queries import get_meeting, list_needed, to_event
from huizhen.kernel.access import NotVisible
from huizhen.kernel.clock import now
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.people.accounts.requests import Request

SAID = {
    "offer": gettext_lazy("The times are offered; everybody is asked."),
    "vote": gettext_lazy("Noted. As soon as everybody can at one time, it is fixed."),
    "fix": gettext_lazy("The time is fixed; everybody is told."),
    "shift": gettext_lazy("The time is changed; everybody is told the reason."),
    "cancel": gettext_lazy("The meeting is cancelled; everybody is told the reason."),
}


@login_required
def page(request: Request, case_id: UUID) -> HttpResponse:
    """Show where the meeting stands, and carry out one of the acts."""
    seen = access_joint(request.actor, case_id)
    if seen.capacities == {"invitee"}:
        raise NotVisible(case_id)
    act = "fix" if "fix" in request.POST else request.POST.get("act", "")
    shift = forms.Shift(request.POST if act == "shift" else None)
    if request.method != "POST" or act not in SAID:
        return _page(request, seen, shift)
    if act == "shift" and not shift.is_valid():
        return _page(request, seen, shift, status=422)
    try:
        _do(request, case_id, act, shift)
    except REFUSALS as error:
        return _page(request, seen, shift, error=say(error), status=status_of(error))
    messages.success(request, str(SAID[act]))
    return redirect(links.act(case_id, "meeting"))


@login_required
def calendar(request: Request, case_id: UUID) -> HttpResponse:
    """The meeting for one's own calendar; opened again after a change, the calendar takes the change."""
    seen = access_joint(request.actor, case_id)
    meeting = get_meeting(seen.application.id)
    if seen.capacities == {"invitee"} or meeting is None or meeting.starts_at is None:
        raise NotVisible(case_id)
    event = to_event(
        meeting, seen.application.case.number, case_id, summary=_("Joint consultation"),
        description=_("Open the case for material and the way into the meeting."),
    )  # fmt: skip
    answer = HttpResponse(ics.write_calendar(event), content_type=ics.MEDIA_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{seen.application.case.number}.ics"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _do(request: Request, case_id: UUID, act: str, shift: forms.Shift) -> None:
    actor, at, sent = request.actor, now(), request.POST
    if act == "offer":
        length = sent.get("minutes", "")
        actions.offer_times(actor, case_id, minutes=int(length) if length.isdecimal() else 0, at=at)
    elif act == "vote":
        actions.vote(actor, case_id, _keys(sent.getlist("option")), at=at)
    elif act == "fix":
        actions.fix_meeting(actor, case_id, next(iter(_keys(sent.getlist("fix"))), UUID(int=0)), at=at)
    elif act == "shift":
        said = shift.cleaned_data
        actions.shift_meeting(actor, case_id, said["starts_at"], reason=said["reason"], at=at)
    else:
        actions.cancel_meeting(actor, case_id, reason=sent.get("why", ""), at=at)


def _keys(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _page(request: Request, seen: Seen, shift: Any, *, error: str = "", status: int = 200) -> HttpResponse:
    application, meeting = seen.application, get_meeting(seen.application.id)
    names = {i.expert_id: i.expert.name for i in application.invitations.all()}
    names[application.applicant_id] = application.applicant.name
    needed = sorted(list_needed(application), key=lambda key: names.get(key, ""))
    people = show.People(needed)
    me = seen.actor.account_id
    options = []
    for option in sorted(meeting.options.all(), key=lambda one: one.starts_at) if meeting else ():
        votes = {one.account_id: one.can for one in option.votes.all()}
        options.append(
            {
                "id": option.id, "starts_at": option.starts_at, "mine": votes.get(me) if me else None,
                "can": [people.person(key, names.get(key, "")).name for key in needed if votes.get(key)],
                "cannot": [people.person(key, names.get(key, "")).name for key in needed if votes.get(key) is False],
                "open": [people.person(key, names.get(key, "")).name for key in needed if key not in votes],
            }
        )  # fmt: skip
    open_state = application.case.state in ("reviewing", "meeting")
    context = {
        "case": head(seen, list_deadlines(application.case_id)), "crumbs": crumbs(seen, _("Meeting of the experts")),
        "meeting": shown(seen, meeting) if meeting else None, "options": options, "error": error, "shift": shift,
        "lengths": rules.LENGTHS, "may_convene": open_state and seen.may(CONVENE),
        "may_offer": application.case.state == "reviewing" and seen.may(CONVENE) and application.wants_meeting,
        "may_vote": open_state and seen.may(VOTE) and me in needed, "under_way": application.case.state == "meeting",
    }  # fmt: skip
    return render(request, "consult/joint/meeting.html", context, status=status)
