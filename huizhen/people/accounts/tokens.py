"""From a session's token to who acts, in one statement: what the JSON API asks at every request.

Nothing is remembered between requests but what follows from the bytes of the session itself, so an ended session, a
closed account, an ended membership or a new password counts from the next request on.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from huizhen.kernel.access import Actor, Membership
from huizhen.kernel.line import ask_first
from huizhen.people.accounts import queries, sessions
from huizhen.people.accounts.models import Account, Kind

# Written without lists as values: PostgreSQL then plans it once per connection instead of at every request.
FIND = """
SELECT a.id, a.kind, a.name, a.username, a.language, a.password, s.session_data, s.expire_date,
       (SELECT jsonb_agg(jsonb_build_array(m.role, m.organisation_id) ORDER BY m.since, m.id)::text
          FROM people_membership m WHERE m.account_id = a.id AND m.until IS NULL),
       EXISTS (SELECT FROM mfa_authenticator f WHERE f.user_id = a.id AND f.type IN ('totp', 'webauthn'))
  FROM django_session s
  JOIN usersessions_usersession u ON u.session_key = s.session_key
  JOIN people_account a ON a.id = u.user_id AND a.is_active
 WHERE s.session_key = %s
"""
LONGEST_TOKEN = 100


class NotLoggedIn(Exception):
    """The token belongs to no session of an active account."""


class SessionOver(NotLoggedIn):
    """The session was open too long, or nobody used it for too long; it is ended now."""


@dataclass(frozen=True)
class Bearer:
    """Who holds a token. `weak`: a member of staff who must enrol a second factor before anything else."""

    actor: Actor
    kind: str
    language: str
    weak: bool


@dataclass(frozen=True)
class _Opened:
    seen: float


def get_bearer(token: str, *, origin: dict[str, str], at: datetime) -> Bearer:
    """Who holds the token of a session; notes the activity, at most once a minute.

    Raises:
        NotLoggedIn; SessionOver.
    """
    rows = ask_first(FIND, [token]) if token.isalnum() and len(token) <= LONGEST_TOKEN else []
    if not rows:
        raise NotLoggedIn
    account_id, kind, name, username, language, password, data, expires_at, held, strong = rows[0]
    opened = _open(data, password, account_id)
    if opened is None or expires_at <= at:
        raise NotLoggedIn
    _check_limits(token, kind, opened, at)
    actor = Actor(
        account_id, name or username, memberships=_memberships(held) if kind == Kind.STAFF else (),
        patient_ids=frozenset() if kind == Kind.STAFF else queries.get_patient_ids(account_id), origin=origin,
    )  # fmt: skip
    weak = kind == Kind.STAFF and not strong and settings.SECOND_FACTOR == "required"
    return Bearer(actor, kind, language, weak)


def _check_limits(token: str, kind: str, opened: _Opened, at: datetime) -> None:
    now = at.timestamp()
    if now - opened.seen < sessions.NOTE_EVERY:
        return
    session = _store()(token)
    if sessions.check_limits(session, Account(kind=kind), at=at):
        for ended in UserSession.objects.filter(session_key=token):
            ended.end()
        raise SessionOver
    if session.modified:
        session.save()


@lru_cache(maxsize=4096)
def _open(data: str, password: str, account_id: UUID) -> _Opened | None:
    """What a session says of its times, if it is this account's and was begun with the present password."""
    held = _store()().decode(data)
    account = Account(id=account_id, password=password)
    if held.get(SESSION_KEY) != str(account_id):
        return None
    if not constant_time_compare(held.get(HASH_SESSION_KEY, ""), account.get_session_auth_hash()):
        return None
    return _Opened(held.get(sessions.SEEN, 0.0))


@lru_cache(maxsize=1024)
def _memberships(text: str | None) -> tuple[Membership, ...]:
    return tuple(Membership(role, UUID(place)) for role, place in json.loads(text or "[]"))


def _store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore
