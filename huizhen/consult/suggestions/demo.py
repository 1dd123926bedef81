"""What the demonstration's experts have done is counted, and some of them are away now and then."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from huizhen.consult.joint.models import Application
from huizhen.consult.suggestions import actions
from huizhen.kernel.access import SYSTEM
from huizhen.people.accounts.queries import get_staff
from huizhen.people.availability import actions as availability
from huizhen.people.availability.queries import list_absences

WEEKS = {"shen.yi": {day: ((time(8), time(12)),) for day in (0, 1, 3)} | {2: ((time(13), time(17)),)}}
AWAY = {
    "tang.xin": ("training", timedelta(days=1), timedelta(days=3)),
    "xu.wen": ("leave", timedelta(days=6), timedelta(days=8)),
}


def load(at: datetime) -> Iterator[str]:
    """Count what was done, and enter calendars where there are none."""
    experts = set()
    for application in Application.objects.prefetch_related("invitations"):
        actions.note_topics(application.case_id, at=at)
        experts |= {one.expert_id for one in application.invitations.all()}
    for expert_id in sorted(experts):
        actions.count_expert(expert_id, at=at)
    for username, week in WEEKS.items():
        if account := get_staff(username):
            availability.set_week(account.pk, week, actor=SYSTEM, at=at)
    for username, (kind, start, end) in AWAY.items():
        account = get_staff(username)
        if account and not list_absences(account.practitioner.pk, since=at):
            availability.add_absence(account.pk, kind=kind, starts_at=at + start, ends_at=at + end, actor=SYSTEM, at=at)
    yield f"experience of {len(experts)} experts counted"
