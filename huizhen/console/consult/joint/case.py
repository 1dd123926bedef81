"""The page of a joint consultation; each part answers `?part=…` by itself when a pulse says that it changed."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from huizhen.console.consult.joint import afterwards, links, material, meeting_card, questions, referred, show, talk
from huizhen.console.consult.joint import next as next_step
from huizhen.console.deadlines import to_due
from huizhen.console.frame import hear
from huizhen.console.refusals import say_missing
from huizhen.console.shapes import Badge, Crumb
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.flow import COORDINATE, DISCUSS, JOINT, SUPPLY
from huizhen.kernel.flow.access import access_case
from huizhen.kernel.flow.queries import list_deadlines, list_timeline
from huizhen.people.accounts.requests import Request

PARTS = ("head", "next", "story", "talk", "materials", "opinions", "report", "questions", "meeting",
         "discussion", "after", "referred")  # fmt: skip
# Where the cases of other features have their pages.
PAGES = {
    "lab.exceptions": "/lab/exceptions/",
    "records.emergency": "/records/emergencies/",
    "consult.referral": "/consult/referrals/",
}


@login_required
def page(request: Request, case_id: UUID) -> HttpResponse:
    """The whole case, or one part of it."""
    seen = access_joint(request.actor, case_id)
    part = request.GET.get("part", "")
    if part and part not in PARTS:
        raise Http404
    context = Drawn(seen, part).context()
    if part:
        return render(request, f"consult/joint/_{part}.html", context)
    hear(request, f"case:{case_id}", f"case:{case_id}:talk", f"case:{case_id}:read")
    return render(request, "consult/joint/case.html", context)


@login_required
def find(request: Request, case_id: UUID) -> HttpResponse:
    """`/cases/<id>` goes to the page of the feature the case belongs to."""
    case = access_case(request.actor, case_id)
    return redirect(f"{PAGES[case.kind]}{case_id}/" if case.kind in PAGES else links.case(case_id))


class Drawn:
    """One look at a case: what is read is read once, and only what the part needs."""

    def __init__(self, seen: Seen, part: str) -> None:
        self.seen, self.part = seen, part
        self.application = seen.application
        self.case = seen.application.case

    def wants(self, *parts: str) -> bool:
        """Whether one of these parts is drawn."""
        return not self.part or self.part in parts

    def context(self) -> dict[str, Any]:
        """What the page, or the part, is given."""
        audience = self.seen.audience
        context: dict[str, Any] = {"case": {"id": self.case.id, "href": links.case(self.case.id)}}
        people = self.people() if self.wants("opinions", "report", "talk", "discussion") else None
        clocks = list_deadlines(self.case.id) if self.wants("head", "opinions") else []
        events = list_timeline(self.case.id, audience=audience) if self.wants("head", "story") else []
        if self.wants("head"):
            context |= {"case": head(self.seen, clocks, show.late_why(events)), "path": show.path(self.application)}
        if self.wants("next"):
            context |= {"next": next_step.panel(self.seen), "more": next_step.more(self.seen)}
        if self.wants("story"):
            context["entries"] = show.entries(events)
        if self.wants("materials"):
            context["materials"] = self.materials()
        if self.wants("meeting"):
            context |= meeting_card.summary(self.seen)
        if self.wants("after"):
            context |= afterwards.context(self.seen)
        if self.wants("referred"):
            context |= referred.context(self.seen)
        if self.wants("questions"):
            context |= questions.context(self.seen)
        if people:
            context |= self.spoken(people, clocks)
        return context

    def spoken(self, people: show.People, clocks: list[Any]) -> dict[str, Any]:
        """The parts that name people: opinions, report, conversation."""
        context: dict[str, Any] = {}
        if self.wants("opinions"):
            context |= experts(self.seen, people, clocks)
        if self.wants("report"):
            context["reports"] = [] if self.hides() else show.reports(self.application, people)
        if self.wants("talk", "discussion") and self.seen.may(DISCUSS):
            context |= talk.context(self.seen, people)
        if not self.part:
            context |= {"about": show.about(self.seen, people), "crumbs": crumbs(self.seen), "dialogs": []}
        return context

    def hides(self) -> bool:
        """Whether the reader was only asked to take part and has not accepted yet."""
        return self.seen.capacities == {"invitee"}

    def people(self) -> show.People:
        """Everybody who is named on the page."""
        named = [i.expert_id for i in self.application.invitations.all()]
        return show.People({self.application.applicant_id, *named, *talk.senders(self.seen)})

    def materials(self) -> dict[str, Any]:
        """Documents and images, as far as consent reaches; what is missing, and where to add."""
        found: dict[str, Any] = {} if self.hides() else material.of_case(self.seen)
        if self.case.state == "incomplete":
            found["missing"] = say_missing(self.application.missing)
            if self.seen.may(SUPPLY):
                found["add"] = links.act(self.case.id, "supply_material")
        return found


def head(seen: Seen, clocks: list[Any], why: str = "") -> dict[str, Any]:
    """Who has the ball, since when, until when."""
    application, case = seen.application, seen.application.case
    mine = f"state:{seen.actor.account_id}"
    clock = next_clock(clocks, mine)
    return {
        "id": case.id, "href": links.case(case.id), "number": case.number,
        "subject": show.first_line(application.question), "state": show.badge(case.state),
        "urgent": case.urgency == "urgent", "late": bool(case.late_since), "late_why": why,
        "owner": owner(seen), "owner_line": "", "since": case.state_since,
        "due": to_due(clock, JOINT) if clock else None, "closed": bool(case.closed_at),
    }  # fmt: skip


def next_clock(clocks: list[Any], mine: str) -> Any:
    """One's own clock where one must act, else the state's."""
    by_name = {clock.name: clock for clock in clocks}
    return by_name.get(mine) or by_name.get("state")


def owner(seen: Seen) -> str:
    """In whose hands the case lies, in words."""
    case = seen.application.case
    if case.owner:
        return str(case.owner.name)
    if case.team.startswith("each:"):
        return _("The experts")
    return _("Consultation centre")


def experts(seen: Seen, people: show.People, clocks: list[Any]) -> dict[str, Any]:
    """Opinions, and for the coordinators the invitations that are open or came to nothing."""
    dues = {clock.holder_id: to_due(clock, JOINT) for clock in clocks if clock.holder_id}
    found: dict[str, Any] = {"opinions": show.opinions(seen, people, dues), "invitations": []}
    if sum(1 for one in found["opinions"] if one.signed_at) > 1:
        found["compare"] = links.act(seen.application.case_id, "compare")
    if seen.as_patient or seen.capacities == {"invitee"}:
        return {"opinions": [], "invitations": []}
    answered = seen.application.case.state in ("assigning",)
    for one in seen.application.invitations.all():
        if one.state == "accepted" and not answered:
            continue
        if not (seen.may(COORDINATE) or one.state == "accepted"):
            continue
        open_one = one.state in ("queued", "invited")
        tone = "going" if one.state == "accepted" else "waiting" if open_one else "ended"
        found["invitations"].append(
            {
                "expert": people.person(one.expert_id, one.expert.name), "state": Badge(one.get_state_display(), tone),
                "due": dues.get(one.expert_id) if one.state == "invited" else None, "chair": one.is_chair,
                "reason": one.decline_reason,
                "withdraw": links.act(seen.application.case_id, f"invitations/{one.id}/withdraw")
                if open_one and seen.may(COORDINATE) else "",
            }
        )  # fmt: skip
    return found


def crumbs(seen: Seen, *more: str) -> list[Crumb]:
    """The way back."""
    case = seen.application.case
    start = Crumb(_("My consultations"), "/me/") if seen.as_patient else Crumb(_("Worklist"), "/")
    here = Crumb(case.number, links.case(case.id) if more else "")
    return [start, here, *(Crumb(one) for one in more)]
