"""Sessions: sealed in the database, limited in time, ended from outside."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings

from huizhen.kernel import crypto
from huizhen.people.accounts import rules
from huizhen.people.accounts.models import Account, Kind

BEGAN, SEEN, STRONG = "began_at", "seen_at", "second_factor"
# A language chosen before logging in, until it is known whose wish it was.
WISHED_LANGUAGE = "wished_language"
NOTE_EVERY = 60
BOUND = b"django_session"


class SealedSerializer:
    """Encrypts what a session holds: phone numbers, log-in codes and fresh second-factor secrets pass through it."""

    def dumps(self, obj: Any) -> bytes:
        """Seal a JSON-able value."""
        return crypto.encrypt(json.dumps(obj, separators=(",", ":")).encode(), bound=BOUND)

    def loads(self, data: bytes) -> Any:
        """Open what `dumps` sealed.

        Raises:
            Unreadable: another key or a changed row; Django then starts an empty session.
        """
        return json.loads(crypto.decrypt(bytes(data), bound=BOUND))


def limits_for(account: Account) -> rules.Limits:
    """Staff: minutes without a click and hours in all. Patients: days, because a phone is one person's."""
    if account.kind == Kind.STAFF:
        return rules.Limits(
            timedelta(minutes=settings.STAFF_IDLE_MINUTES), timedelta(hours=settings.STAFF_SESSION_HOURS)
        )
    days = timedelta(days=settings.PATIENT_SESSION_DAYS)
    return rules.Limits(days, days)


def check_limits(session: Any, account: Account, *, at: datetime, counts: bool = True) -> str:
    """Why this session is over (`idle`, `whole`), or nothing. Notes the activity, at most once a minute.

    `counts=False` is for requests that a page makes by itself: they must not keep a forgotten screen open.
    """
    now = at.timestamp()
    began, seen = session.get(BEGAN), session.get(SEEN)
    if began is None or seen is None:
        session[BEGAN], session[SEEN] = now, now
        return ""
    over = rules.why_over(limits_for(account), began=began, seen=seen, now=now)
    if not over and counts and now - seen >= NOTE_EVERY:
        session[SEEN] = now
    return over


def end_sessions(account_id: UUID, *, but: str | None = None) -> int:
    """End the sessions of an account, except the one with the key `but`; say how many there were."""
    found = list(UserSession.objects.filter(user_id=account_id).exclude(session_key=but or ""))
    for session in found:
        session.end()
    return len(found)
