"""Pure decisions: quiet hours, budgets, and what follows an attempt."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from huizhen.kernel.notify.models import ROBOTS, Channel, Outcome, Urgency

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MOST_TRIES = 3
ABANDONED_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Budget:
    """At most `limit` messages to one destination per window; the last `reserve` of them only for what is urgent."""

    limit: int
    reserve: int
    window: timedelta


# Robots: all three services take 20 a minute from one robot of WeCom and DingTalk; Feishu takes more.
# SMS: the services themselves refuse more than some dozens a day to one number; people lose patience much earlier.
BUDGETS: dict[str, Budget] = {
    Channel.SMS: Budget(settings.SMS_PER_DAY, settings.SMS_PER_DAY // 3, DAY),
    Channel.EMAIL: Budget(40, 10, DAY),
    **dict.fromkeys(ROBOTS, Budget(20, 5, MINUTE)),
}


def limit_for(channel: str, urgency: str) -> int:
    """How many messages a window may hold before this one must not be sent."""
    budget = BUDGETS[channel]
    return budget.limit if urgency == Urgency.URGENT else budget.limit - budget.reserve


def window_of(channel: str, at: datetime) -> datetime:
    """The beginning of the window that `at` lies in. Days begin at midnight in China, where the bills are made."""
    if BUDGETS[channel].window == MINUTE:
        return at.replace(second=0, microsecond=0)
    return at.astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=0, minute=0, second=0, microsecond=0)


def end_of_quiet(at: datetime, quiet_from: time, quiet_until: time, time_zone: str) -> datetime | None:
    """When the quiet hours that `at` lies in end; nothing outside of them. Equal times mean: never quiet."""
    here = at.astimezone(ZoneInfo(time_zone))
    now = here.time()
    over_night = quiet_from > quiet_until
    inside = (now >= quiet_from or now < quiet_until) if over_night else quiet_from <= now < quiet_until
    if not inside:
        return None
    day = here.date() + DAY if over_night and now >= quiet_from else here.date()
    return datetime.combine(day, quiet_until, ZoneInfo(time_zone))


@dataclass(frozen=True)
class Next:
    """What follows an attempt: `done`, or the same rung again after `wait`, or the next rung at once."""

    done: bool = False
    wait: timedelta | None = None


def after(outcome: str, *, tries: int, urgency: str, last_rung: bool, retry_after: timedelta | None = None) -> Next:
    """Decide what follows the `tries`-th attempt on a rung.

    Sent: done. Unknown: it may have arrived, so the same channel is never tried again; the next rung is another channel
    and does no harm. Refused or wrongly set up: trying again changes nothing. Not answered or limited: urgent goes
    down at once while there is a rung below; otherwise wait, longer each time.
    """
    if outcome == Outcome.SENT:
        return Next(done=True)
    if outcome not in (Outcome.FAILED, Outcome.LIMITED) or tries >= MOST_TRIES:
        return Next()
    if urgency == Urgency.URGENT and not last_rung:
        return Next()
    return Next(wait=max(retry_after or timedelta(0), timedelta(seconds=15 * 4 ** (tries - 1))))
