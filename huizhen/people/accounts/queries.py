"""Reads of accounts: who acts, who is behind a phone, who lacks a second factor."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet

from huizhen.kernel import audit, crypto
from huizhen.kernel.access import Actor, Membership
from huizhen.people.accounts import fakes
from huizhen.people.accounts.models import Account, Kind
from huizhen.people.organisations import queries as organisations

PHONE = "people.account.phone"
STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
PERIOD = 30
# A page that refreshes itself says so: it does not count as somebody being there, nor as one more read.
BY_ITSELF, BY_ITSELF_META = "X-Huizhen-By-Itself", "HTTP_X_HUIZHEN_BY_ITSELF"

PatientLookup = Callable[[UUID], Iterable[UUID]]
_patient_lookup: list[PatientLookup] = []


@dataclass(frozen=True)
class OpenSession:
    """One place where somebody is logged in."""

    id: int
    ip: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime


def set_patient_lookup(lookup: PatientLookup) -> None:
    """Install the answer to "which patients is this account, or guardian of"; called by `config.wiring`."""
    _patient_lookup[:] = [lookup]


def get_actor(account: Any, request: Any = None) -> Actor:
    """The one who acts, with memberships or patients: one query, none where the account came with its memberships
    (`backends`). Nobody in particular for an anonymous user."""
    origin = get_origin(request)
    if not getattr(account, "is_authenticated", False) or not account.is_active:
        return Actor(account_id=None, origin=origin)
    if account.kind == Kind.STAFF:
        known = None if account.held is None else [(one.role, one.organisation_id) for one in account.held]
        rows = organisations.list_memberships(account.pk) if known is None else known
        held = tuple(Membership(role, place) for role, place in rows)
        return Actor(account.pk, str(account), memberships=held, origin=origin)
    return Actor(account.pk, str(account), patient_ids=get_patient_ids(account.pk), origin=origin)


def get_patient_ids(account_id: UUID) -> frozenset[UUID]:
    """The patients an account is, or is guardian of."""
    return frozenset(_patient_lookup[0](account_id)) if _patient_lookup else frozenset()


def get_origin(request: Any) -> dict[str, str]:
    """Where a request came from, for the audit: address and request number, nothing about health."""
    if request is None:
        return {}
    known = {"ip": request.META.get("REMOTE_ADDR", ""), "request": str(getattr(request, "request_id", ""))}
    found = {name: value for name, value in known.items() if value}
    return found | {audit.BY_ITSELF: "yes"} if BY_ITSELF_META in request.META else found


def blind_phone(phone: str) -> bytes:
    """The look-up value of a number in E.164."""
    return crypto.blind(phone, purpose=PHONE)


def get_patient_by_phone(phone: str) -> Account | None:
    """The patient account of a number in E.164. Staff are never found by phone: a code alone is one factor."""
    return Account.objects.filter(kind=Kind.PATIENT, phone_index=blind_phone(phone)).first()


def get_staff(username: str) -> Account | None:
    """A staff account by log-in name."""
    return Account.objects.filter(kind=Kind.STAFF, username=username).first()


def get_account(account_id: UUID) -> Account | None:
    """An account by key."""
    return Account.objects.filter(pk=account_id).first()


def get_names(account_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of accounts; unknown ones are missing."""
    return {row.pk: str(row) for row in Account.objects.filter(pk__in=list(account_ids)).only("name", "username")}


def describe(account: Account) -> dict[str, Any]:
    """What others keep of an account, as its form shows it and its history tells it."""
    return {"name": account.name, "email": account.email, "language": account.language}


def list_accounts(organisation_ids: Iterable[UUID]) -> QuerySet[Account]:
    """Staff whose home lies in one of these organisations, by name."""
    return Account.objects.filter(kind=Kind.STAFF, home_id__in=list(organisation_ids)).order_by("name", "username")


def list_sessions(account_id: UUID) -> list[OpenSession]:
    """Where the account is logged in, latest first."""
    rows = UserSession.objects.filter(user_id=account_id).order_by("-last_seen_at")
    return [OpenSession(row.pk, row.ip, row.user_agent, row.created_at, row.last_seen_at) for row in rows]


def has_second_factor(account: Account) -> bool:
    """Whether an authenticator app or a passkey is enrolled; recovery codes alone do not count."""
    return Authenticator.objects.filter(user_id=account.pk, type__in=STRONG).exists()


def must_enrol(account: Account) -> bool:
    """Whether a member of staff may do nothing before enrolling a second factor."""
    required = settings.SECOND_FACTOR == "required" and account.kind == Kind.STAFF
    return required and not has_second_factor(account)


def demo_secret(username: str) -> str:
    """The demonstration's authenticator secret (base32) of a log-in name: the same on every machine with this key."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"demo-totp:{username}".encode(), hashlib.sha1).digest()
    return base64.b32encode(digest).decode()


def get_demo_code(username: str, *, at: datetime) -> str:
    """The six digits an authenticator app would show now, for the demonstration only; empty outside it.

    A code works once. Where the present one is spent the next one is given, which is accepted early.
    """
    if not settings.DEMO:
        return ""
    account = Account.objects.filter(username=username, kind=Kind.STAFF).first()
    if account is None:
        return ""
    step = int(at.timestamp()) // PERIOD
    codes = [format_hotp_value(hotp_value(demo_secret(username), step + ahead)) for ahead in (0, 1, -1)]
    spent = cache.get_many([spent_key(account.pk, code) for code in codes])
    return next((code for code in codes if spent_key(account.pk, code) not in spent), codes[0])


def get_demo_phone_code(phone: str) -> str:
    """The code last "sent" to a phone in the demonstration; empty outside it."""
    return fakes.ScreenSender().read_code(phone) if settings.DEMO else ""


def spent_key(account_id: UUID, code: str) -> str:
    """Where the cache notes that a second-factor code has been used."""
    return f"spent:{account_id}:{code}"
