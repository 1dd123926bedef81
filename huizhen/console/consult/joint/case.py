"""The page of a joint consultation; its parts answer `?part=…`, several at once, when a pulse says that it changed."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from huizhen.console.consult.joint import afterwards, links, material, meeting_card, questions, referred, show, talk
from huizhen.console.consult.joint import next as next_step
from huizhen.console.deadlines import to_due
from huizhen.console.frame import hear
from huizhen.console.parts import asked_parts, render_parts
from huizhen.console.refusals import say_missing
from huizhen.console.shapes import Badge, Crumb
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.beside import LATEST, Beside, get_beside
from huizhen.consult.joint.flow import COORDINATE, DISCUSS, JOINT, SUPPLY
from huizhen.kernel.flow.access import access_case
from huizhen.kernel.talk import Conversation
from huizhen.people.accounts.requests import Request

PARTS = ("head", "next", "story", "talk", "materials", "opinions", "report", "questions", "meeting",
         "discussion", "after", "referred")  # fmt: skip
# Long ones show their end; `before` asks for what lies in front of a number.
EARLIER: dict[str, Callable[[], str]] = {
    "story": lambda: _("What happened earlier"), "talk": lambda: _("Earlier messages"),
    "discussion": lambda: _("Earlier messages"),
}  # fmt: skip
PAGED = frozenset(EARLIER)
# Where the cases of other features have their pages.
PAGES = {
    "lab.exceptions": "/lab/exceptions/",
    "records.emergency": "/records/emergencies/",
    "consult.referral": "/consult/referrals/",
}


@login_required
def page(request: Request, case_id: UUID) -> HttpResponse:
    """The whole case, or some parts of it."""
    seen = access_joint(request.actor, case_id)
    parts = asked_parts(request, PARTS)
    before, since = talk.number(request.GET, "before"), talk.number(request.GET, "since")
    context = Drawn(seen, parts, before=before, since=since).context()
    if before and len(parts) == 1 and parts[0] in PAGED:
        # Without a script the link leads to a page of its own.
        [part] = parts
        whole = {**context, "crumbs": crumbs(seen, EARLIER[part]()), "piece": f"consult/joint/_{part}_earlier.html"}
        return render(request, str(whole["piece"]) if request.htmx else "consult/joint/earlier.html", whole)
    if parts:
        return render_parts(request, "consult/joint", parts, context)
    hear(request, f"case:{case_id}", f"case:{case_id}:talk", f"case:{case_id}:read")
    return render(request, "consult/joint/case.html", context)


@login_required
def find(request: Request, case_id: UUID) -> HttpResponse:
    """`/cases/<id>` goes to the page of the feature the case belongs to."""
    case = access_case(request.actor, case_id)
    return redirect(f"{PAGES[case.kind]}{case_id}/" if case.kind in PAGES else links.case(case_id))


class Drawn:
    """One look at a case: what is read is read once, and only what the parts need. `before` and `since` are numbers of
    the first of them that is paged."""

    def __init__(self, seen: Seen, parts: Sequence[str], *, before: int = 0, since: int = 0) -> None:
        self.seen, self.parts, self.before, self.since = seen, parts, before, since
        self.paged = next((name for name in parts if name in PAGED), "")
        self.application = seen.application
        self.case = seen.application.case

    def wants(self, *parts: str) -> bool:
        """Whether one of these parts is drawn."""
        return not self.parts or not set(self.parts).isdisjoint(parts)

    def context(self) -> dict[str, Any]:
        """What the page, or the part, is given."""
        context: dict[str, Any] = {"case": {"id": self.case.id, "href": links.case(self.case.id)}}
        people = self.people() if self.wants("opinions", "report", "talk", "discussion") else None
        if self.wants("head"):
            why = self.beside.delay.reason if self.beside.delay else ""
            context |= {"case": head(self.seen, self.beside.clocks, why), "path": show.path(self.application)}
        if self.wants("next"):
            context |= {"next": next_step.panel(self.seen), "more": next_step.more(self.seen)}
        if self.wants("story"):
            context |= self.story()
        if self.wants("materials"):
            context["materials"] = self.materials()
        if self.wants("meeting"):
            context |= meeting_card.summary(self.seen, self.beside.meeting)
        if self.wants("after"):
            context |= afterwards.context(self.seen, self.beside)
        if self.wants("referred"):
            context |= referred.context(self.seen)
        if self.wants("questions"):
            context |= questions.context(self.seen, self.beside.questions)
        if people:
            context |= self.spoken(people)
        return context

    @cached_property
    def beside(self) -> Beside:
        """Clocks, timeline and all that stands beside the application."""
        before = self.before if self.paged == "story" and self.before else LATEST
        since = self.since if self.paged == "story" and not self.before else 0
        return get_beside(self.application, audience=self.seen.audience, before=before, since=since)

    @cached_property
    def conversation(self) -> Conversation | None:
        """What is said; nothing for who may not take part in it."""
        if not self.seen.may(DISCUSS):
            return None
        before, since = (self.before, self.since) if self.paged in ("talk", "discussion") else (0, 0)
        return talk.read(self.seen, before=before, since=since)

    def story(self) -> dict[str, Any]:
        """The end of the timeline, or what lies in front of it; `opened`: from where on the reader has opened it."""
        events = self.beside.events
        earlier = f"?part=story&before={events[0].number}" if self.beside.has_earlier else ""
        opened = events[0].number if events and self.paged and (self.before or self.since) else 0
        return {"entries": show.entries(events, ends=not self.before), "earlier_entries": earlier, "opened": opened}

    def spoken(self, people: show.People) -> dict[str, Any]:
        """The parts that name people: opinions, report, conversation."""
        context: dict[str, Any] = {}
        if self.wants("opinions"):
            context |= experts(self.seen, people, self.beside.clocks)
        if self.wants("report"):
            context["reports"] = show.reports(self.application, people) if self.seen.is_report_open else []
            context["no_room_since"] = None if self.hides() else show.no_room_since(self.application)
        if self.wants("talk", "discussion") and self.conversation:
            context |= talk.context(self.seen, people, self.conversation, marks=not self.before)
        elif self.wants("talk"):
            context["talk_closed"] = talk.why_closed(self.seen, hides=self.hides())
        if not self.parts:
            context |= {"about": show.about(self.seen, people), "crumbs": crumbs(self.seen), "dialogs": []}
        return context

    def hides(self) -> bool:
        """Whether the reader was only asked to take part and has not accepted yet."""
        return self.seen.capacities == {"invitee"}

    def people(self) -> show.People:
        """Everybody who is named on the page."""
        named = [i.expert_id for i in self.application.invitations.all()]
        said = talk.senders(self.conversation) if self.wants("talk", "discussion") and self.conversation else set()
        return show.People({self.application.applicant_id, *named, *said})

    def materials(self) -> dict[str, Any]:
        """Documents and images, as far as consent reaches; what is missing, and where to add."""
        found = material.before_accepting(self.seen) if self.hides() else material.of_case(self.seen)
        if self.seen.may(SUPPLY) and not self.case.closed_at:
            found["add_medicine"] = links.new_medicine(self.application.patient_id, self.case.id)
        if self.case.state == "incomplete":
            found["missing"] = say_missing(self.application.missing)
            if self.seen.may(SUPPLY):
                found["add"] = links.act(self.case.id, "supply_material")
        return found


def head(seen: Seen, clocks: Sequence[Any], why: str = "") -> dict[str, Any]:
    """Who has the ball, since when, until when."""
    application, case = seen.application, seen.application.case
    mine = f"state:{seen.actor.account_id}"
    clock = next_clock(clocks, mine)
    return {
        "id": case.id, "href": links.case(case.id), "number": case.number,
        "subject": show.first_line(seen.question) or show.aim(application), "state": show.badge(case.state),
        "urgent": case.urgency == "urgent", "late": bool(case.late_since), "late_why": why,
        "owner": owner(seen), "owner_line": "", "since": case.state_since,
        "due": to_due(clock, JOINT) if clock else None, "closed": bool(case.closed_at),
    }  # fmt: skip


def next_clock(clocks: Sequence[Any], mine: str) -> Any:
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


def experts(seen: Seen, people: show.People, clocks: Sequence[Any]) -> dict[str, Any]:
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
