"""What may still be done once the report is there, as cards on the case's page: rate it, say what became of it."""

from typing import Any

from django.utils.translation import gettext as _

from huizhen.console.consult.joint import links
from huizhen.console.shapes import Act
from huizhen.consult.joint.access import Seen
from huizhen.consult.joint.aftercare.access import PLAN, RATE, RECORD
from huizhen.consult.joint.beside import Beside


def context(seen: Seen, beside: Beside) -> dict[str, Any]:
    """Ratings for the centre, the outcome for all who see the case, and the acts that are still open to the reader."""
    application, case_id = seen.application, seen.application.case_id
    if not any(report.signed_at for report in application.reports.all()):
        return {"after": None}
    ratings, follow_up = beside.ratings, beside.follow_up
    mine = any(one.account_id == seen.actor.account_id for one in ratings)
    acts = []
    if seen.may(RATE) and not mine:
        acts.append(Act(_("Rate the consultation"), href=links.act(case_id, "rate")))
    if seen.may(RECORD) and not (follow_up and follow_up.recorded_at):
        acts.append(Act(_("Say what became of the advice"), href=links.act(case_id, "outcome")))
    if seen.may(PLAN) and follow_up and not follow_up.asked_at:
        acts.append(Act(_("Change the day of the follow-up"), href=links.act(case_id, "follow_up_day")))
    recorded = follow_up if follow_up and follow_up.recorded_at else None
    shown = [] if seen.as_patient else ratings
    if not acts and not recorded and not shown:
        return {"after": None}
    due = follow_up.due_at if follow_up and not recorded and (seen.may(RECORD) or seen.may(PLAN)) else None
    return {"after": {"acts": acts, "outcome": recorded, "ratings": shown, "due": due, "own": seen.may(RECORD)}}
