"""Counting attempts at whatever can be guessed: per account and per address."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from huizhen.kernel.crypto import mac
from huizhen.kernel.limits.models import Attempts
from huizhen.kernel.line import ask

COUNT = """
INSERT INTO kernel_attempts AS held (key, count, until) VALUES (%s, 1, %s)
ON CONFLICT (key) DO UPDATE
   SET count = CASE WHEN held.until <= %s THEN 1 ELSE held.count + 1 END,
       until = CASE WHEN held.until <= %s THEN excluded.until ELSE held.until END
RETURNING count, until
"""


@dataclass(frozen=True)
class Limit:
    """At most `account` tries of one account and `address` tries of one address in a window of seconds.

    The address has the wider limit, because a whole hospital stands behind one.
    """

    name: str
    account: int
    address: int
    seconds: int = 60


class TooMany(Exception):
    """Too many tries; `seconds` until the next may be made."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def count(limit: Limit, *, account: str, address: str, at: datetime) -> None:
    """Count one try. Call it outside a transaction: a refused request must not give its tries back.

    Raises:
        TooMany: the limit is reached.
    """
    for who, most in ((f"account {account}", limit.account), (f"address {address}", limit.address)):
        if not who.split(" ", 1)[1]:
            continue
        key = mac(f"{limit.name} {who}".encode(), purpose="kernel/attempts")
        tries, until = ask(COUNT, [key, at + timedelta(seconds=limit.seconds), at, at])[0]
        if tries > most:
            raise TooMany(max(1, math.ceil((until - at).total_seconds())))


def forget_old(*, at: datetime) -> int:
    """Delete counts whose window is over; say how many."""
    with transaction.atomic():
        return Attempts.objects.filter(until__lte=at).delete()[0]
