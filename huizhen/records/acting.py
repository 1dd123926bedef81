"""Who acts, and on which day: what every act of the records needs to know."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from huizhen.kernel.access import Actor, NotAllowed

CHINA = ZoneInfo("Asia/Shanghai")


def account_of(actor: Actor, permission: str) -> UUID:
    """The account behind an act that must be somebody's. Raises NotAllowed for nobody and for the system."""
    if actor.account_id is None:
        raise NotAllowed(permission)
    return actor.account_id


def day_of(at: datetime) -> date:
    """The calendar day a moment belongs to, in China: birthdays and documents are of a day there."""
    return at.astimezone(CHINA).date()
