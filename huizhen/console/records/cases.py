"""A patient's cases in plain words: where each stands, and who has the ball."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from huizhen.console.consult.joint import links, show
from huizhen.console.consult.referrals import links as referrals
from huizhen.console.consult.referrals.lists import RULING
from huizhen.console.shapes import Act, Due, Next, Row
from huizhen.consult.joint.queries import get_applications
from huizhen.consult.referrals.flow import REFERRAL
from huizhen.consult.referrals.queries import get_consent, list_of_cases
from huizhen.kernel import clock
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.language import FLOWS
from huizhen.kernel.flow.queries import Filters, list_state_clocks, list_worklist
from huizhen.people.organisations.queries import get_full_name


def of_patient(actor: Actor, patient_ids: tuple[UUID, ...], *, home: bool) -> list[Row]:
    """The open cases of one patient, and the latest ended ones, that the reader oversees or takes part in. Who reads
    the record by consent alone (not at `home`) finds what is asked on the case's page, which asks its consent."""
    filters = [Filters(patient_ids=patient_ids), Filters(patient_ids=patient_ids, closed=True)]
    found: dict[UUID, Any] = {}
    for scope in ("organisation", "part") if actor.memberships else ("part",):
        for one in filters:
            found |= {case.id: case for case in list_worklist(actor, scope, one).cases}
    return rows(list(found.values()), actor, asked=home)


def rows(cases: Sequence[Any], actor: Actor, *, asked: bool = True) -> list[Row]:
    """Rows of a list; the patient's name where the reader stands for several; with `asked` the question begins."""
    applications = get_applications(cases)
    referred = list_of_cases(case.id for case in cases if case.kind == REFERRAL.kind)
    clocks = list_state_clocks(referred, rather=RULING) if referred else {}
    several = len(actor.patient_ids) > 1
    return [
        row(case, applications.get(case.id) or referred.get(case.id), several, clocks.get(case.id, case).due_at, asked)
        for case in cases
    ]


def row(case: Any, about: Any, with_name: bool, due_at: datetime | None, asked: bool) -> Row:
    """One case. `about`: its application, in which stands what was asked, or its referral."""
    flow = FLOWS[case.kind]
    application = getattr(about, "application", about)
    return Row(
        href=place(case),
        number=case.number,
        kind=flow.label,
        subject=subject(about, asked=asked) if about else str(flow.label),
        state=show.badge(case.state, flow),
        patient=application.patient.name if application and with_name else "",
        owner=holder(case),
        since=None if case.closed_at else case.state_since,
        due=Due(due_at) if due_at else None,
        urgent=case.urgency == "urgent",
        late=case.late_since is not None,
    )


def place(case: Any) -> str:
    """The page of a case."""
    return referrals.referral(case.id) if case.kind == REFERRAL.kind else links.case(case.id)


def holder(case: Any) -> str:
    """Who has the ball; nobody where the case is over."""
    if case.closed_at:
        return ""
    return str(case.owner.name) if case.owner else team(case)


def team(case: Any) -> str:
    """Whose team has the ball, where nobody in particular has."""
    if case.team.startswith("each:"):
        return _("the experts")
    if case.kind == REFERRAL.kind and case.team_organisation_id:
        return get_full_name(case.team_organisation_id)
    return _("the coordination centre")


def subject(about: Any, *, asked: bool) -> str:
    """What a case is about, in one line: with `asked` how the question begins, else for which department."""
    if hasattr(about, "target_id"):
        return _("Referral to %(place)s") % {"place": get_full_name(about.target_id)}
    return show.first_line(about.question) if asked else show.aim(about)


def what_next(going: Sequence[Any], actor: Actor) -> Next | None:
    """What the reader should do in the case that waits for them; else what happens next in the one due first."""
    if not going:
        return None
    if (asks := _asks_for_consent(going, actor)) is not None:
        title, text = _("Do you agree to the referral?"), _("Without your agreement the letter cannot be sent.")
        return Next(title, text, acts=(Act(_("Go to it"), href=place(asks)),))
    case = next((one for one in going if one.owner_id == actor.account_id), going[0])
    title = FLOWS[case.kind].state(case.state).label
    if case.owner_id == actor.account_id:
        text = _("This consultation waits for you. Open it to see what to do.")
        return Next(title, text, acts=(Act(_("Go to it"), href=place(case)),))
    text = _("You are told at every step. There is nothing you have to do now.")
    if case.state == "delivered":
        text = _("The report is there for you to read.")
    return Next(title, text, mine=False, acts=(Act(_("See how it stands"), href=place(case)),))


def _asks_for_consent(going: Sequence[Any], actor: Actor) -> Any:
    """The first referral whose letter waits for the patient's word, where the reader can give it."""
    drafts = [case for case in going if case.kind == REFERRAL.kind and case.state == "draft"]
    about = list_of_cases(case.id for case in drafts) if drafts else {}
    for case in drafts:
        patient_id = about[case.id].application.patient_id
        if patient_id in actor.patient_ids and get_consent(about[case.id], at=clock.now()) is None:
            return case
    return None
