"""The demonstration's roster: somebody is on duty around the clock, for two weeks."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from huizhen.consult.duty import actions, queries
from huizhen.kernel.access import SYSTEM
from huizhen.people.accounts.queries import get_staff
from huizhen.people.organisations.queries import list_organisations

ROSTER = (("gu.chengyuan", "qin.yue"), ("shen.yi", "tang.xin"))
DAYS = 14


def load(at: datetime) -> Iterator[str]:
    """Fill an empty roster."""
    centre = list_organisations().get(code="JC").pk
    if queries.list_shifts([centre], since=at):
        return
    begins = at.replace(hour=0, minute=0, second=0, microsecond=0)
    made = 0
    for day in range(DAYS):
        for place, username in enumerate(ROSTER[day % len(ROSTER)], start=1):
            if account := get_staff(username):
                start = begins + timedelta(days=day)
                actions.add_shift(
                    centre, account.pk, starts_at=start, ends_at=start + timedelta(days=1), place=place, actor=SYSTEM,
                    at=at,
                )  # fmt: skip
                made += 1
    yield f"duty: {made} shifts"
