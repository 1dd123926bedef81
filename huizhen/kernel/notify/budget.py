"""Spending from a destination's budget: one statement that either counts or refuses, however many ask at once."""

from datetime import datetime, timedelta

from django.db import connection

from huizhen.kernel.notify import rules
from huizhen.kernel.notify.models import Spending

KEEP = timedelta(days=2)

SPEND = """
    INSERT INTO kernel_spending (channel, destination, "window", used) SELECT %s, %s, %s, 1 WHERE %s > 0
    ON CONFLICT (channel, destination, "window") DO UPDATE SET used = kernel_spending.used + 1
        WHERE kernel_spending.used < %s
    RETURNING used
"""


def spend(channel: str, destination: str, urgency: str, at: datetime) -> bool:
    """Count one message against the budget of `destination`; false when what is left is not for this urgency."""
    limit = rules.limit_for(channel, urgency)
    with connection.cursor() as cursor:
        cursor.execute(SPEND, [channel, destination, rules.window_of(channel, at), limit, limit])
        return cursor.fetchone() is not None


def forget_old(at: datetime) -> None:
    """Remove windows that have passed."""
    Spending.objects.filter(window__lt=at - KEEP).delete()
