"""What stands beside a consultation on its page, in one statement: clocks, the end of the timeline, the meeting,
questions, ratings, and what became of the advice."""

from dataclasses import dataclass
from uuid import UUID

from huizhen.consult.joint.aftercare.models import FollowUp, Rating
from huizhen.consult.joint.meetings.models import Meeting
from huizhen.consult.joint.meetings.queries import choose
from huizhen.consult.joint.models import Application
from huizhen.consult.joint.questions.models import Question
from huizhen.kernel.flow.models import Audience, CaseDeadline, CaseEvent
from huizhen.kernel.flow.queries import SEEN_BY
from huizhen.kernel.statements import Source, gather
from huizhen.people.accounts.models import Account

SHOWN = 20
MOST = 500
LATEST = 2**31 - 1
ASKED = """
SELECT case_id, id AS application_id,
       ARRAY(SELECT e.id FROM kernel_caseevent e
              WHERE e.case_id = a.case_id AND e.audience = ANY(ARRAY(SELECT unnest(%s::text[]))) AND e.number < %s
              ORDER BY e.number DESC LIMIT %s) AS events
  FROM consult_application a WHERE a.id = %s
"""
OF_IT, OF_CASE = "application_id = (SELECT application_id FROM asked)", "case_id = (SELECT case_id FROM asked)"
EVENTS = "id IN (SELECT unnest(events) FROM asked)"
# Since the case is in its state; it may lie before the end of the timeline that is shown.
DELAY = f"""id = (SELECT e.id FROM kernel_caseevent e JOIN kernel_case c ON c.id = e.case_id
                   WHERE e.{OF_CASE} AND e.kind = 'consult.joint.extended' AND e.at >= c.state_since
                   ORDER BY e.number DESC LIMIT 1)"""  # noqa: S608 - constants of this file
PEOPLE = f"""id IN (SELECT actor_id FROM kernel_caseevent WHERE {EVENTS}
              UNION SELECT unnest(ARRAY[asked_by_id, answered_by_id]) FROM consult_question WHERE {OF_IT}
              UNION SELECT recorded_by_id FROM consult_followup WHERE {OF_IT})"""  # noqa: S608 - as above
SOURCES = (
    Source(CaseDeadline, f"{OF_CASE} AND ended_at IS NULL"),
    Source(CaseEvent, EVENTS),
    Source(CaseEvent, DELAY),
    Source(Meeting, OF_IT),
    Source(Question, OF_IT),
    Source(Rating, OF_IT),
    Source(FollowUp, OF_IT),
    Source(Account, PEOPLE),
)


@dataclass(frozen=True)
class Beside:
    """`clocks`: what runs, due first. `events`: the end of the timeline, oldest first; `has_earlier`: there is more.
    `delay`: the last time more time was given in this state. `meeting` comes without options and votes."""

    clocks: tuple[CaseDeadline, ...]
    events: tuple[CaseEvent, ...]
    has_earlier: bool
    delay: CaseEvent | None
    meeting: Meeting | None
    questions: tuple[Question, ...]
    ratings: tuple[Rating, ...]
    follow_up: FollowUp | None


def get_beside(application: Application, *, audience: str, before: int = LATEST, since: int = 0) -> Beside:
    """All of it for one reader's `audience`: of the timeline its end, or what lies in front of `before`; at least all
    from `since` on, which the reader has opened. `application` was loaded by `access_joint`."""
    most = MOST if since else SHOWN + 1
    values = [[str(one) for one in SEEN_BY[Audience(audience)]], before, most, application.id]
    clocks, events, delays, meetings, questions, ratings, follow_ups, accounts = gather(ASKED, SOURCES, values)
    people: dict[UUID | None, Account] = {account.pk: account for account in accounts}
    for event in events:
        event.actor = people.get(event.actor_id)
    for question in questions:
        question.asked_by, question.answered_by = people[question.asked_by_id], people.get(question.answered_by_id)
    for one in follow_ups:
        one.recorded_by = people.get(one.recorded_by_id)
    events.sort(key=lambda event: event.number)
    shown = max(SHOWN, sum(event.number >= since for event in events)) if since else SHOWN
    return Beside(
        clocks=tuple(sorted(clocks, key=lambda clock: clock.due_at)),
        events=tuple(events[-shown:]),
        has_earlier=len(events) > shown,
        delay=next(iter(delays), None),
        meeting=choose(sorted(meetings, key=lambda meeting: meeting.id, reverse=True)),
        questions=tuple(sorted(questions, key=lambda question: question.id)),
        ratings=tuple(sorted(ratings, key=lambda rating: rating.id)),
        follow_up=next(iter(follow_ups), None),
    )
