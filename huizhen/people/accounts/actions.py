"""Writes to accounts; every one that changes what somebody may do leaves an audit entry."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from huizhen.kernel import audit, clock, ids
from huizhen.kernel.access import Actor, NotAllowed
from huizhen.people.accounts import access, queries, rules, sessions
from huizhen.people.accounts.models import STAFF_NAME, Account, Kind
from huizhen.people.seen import check_seen

UNCONFIRMED_FOR = timedelta(days=1)
LOCK_NOTED_FOR = 60


class NameTaken(ValueError):
    """The log-in name is in use, or not one that staff may have."""


def create_staff(
    *,
    actor: Actor,
    at: datetime,
    username: str,
    name: str,
    organisation_id: UUID,
    email: str = "",
    phone: str = "",
    language: str = "zh-hans",
) -> Account:
    """Make a staff account without a password; `invite` gives its owner the link to set one.

    Raises:
        NotVisible: the actor does not make accounts at this organisation.
        NameTaken: the log-in name is in use or not allowed.
        BadPhone: the phone is no phone number.
    """
    access.access_new_account(actor, organisation_id)
    account = Account(username=username, name=name, home_id=organisation_id, email=email, language=language)
    _put_phone(account, rules.read_phone(phone) if phone else "")
    account.set_unusable_password()
    try:
        STAFF_NAME(username)
        with transaction.atomic():
            account.save(force_insert=True)
            changed = audit.compare({}, {"username": username, **queries.describe(account)})
            _tell(actor, "people.account.created", account, at, changed=changed)
    except (IntegrityError, ValidationError) as error:
        raise NameTaken(username) from error
    return account


def change_staff(
    account_id: UUID, *, name: str, email: str, language: str, actor: Actor, at: datetime, seen: str = ""
) -> Account:
    """Correct a staff account's name, e-mail or language. `seen` is the stamp of `queries.describe` as it was shown.

    Raises:
        NotVisible, NotAllowed: the actor does not make accounts there, or does not look after this one.
        ChangedMeanwhile: it is no longer as the page showed it.
    """
    with transaction.atomic():
        account = access.access_account(actor, account_id, to=access.CREATE, hold=True)
        before = queries.describe(account)
        check_seen(before, seen)
        account.name, account.email, account.language = name, email, language
        account.save(update_fields=["name", "email", "language"])
        if changed := audit.compare(before, queries.describe(account)):
            _tell(actor, "people.account.changed", account, at, changed=changed)
    return account


def invite(account_id: UUID, *, actor: Actor, at: datetime) -> str:
    """A link by which a member of staff sets a first password: good once, for three days.

    Raises:
        NotVisible, NotAllowed: the actor does not make accounts there.
        NotAllowed: the account has a password already; then its owner resets it. Or it is closed.
    """
    account = access.access_account(actor, account_id, to=access.CREATE)
    if account.kind != Kind.STAFF or account.has_usable_password() or not account.is_active:
        raise NotAllowed(access.CREATE)
    key = default_token_generator.make_token(account)
    _tell(actor, "people.account.invited", account, at)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(account), "key": key})
    return f"{settings.PUBLIC_URL}{path}"


def deactivate(account_id: UUID, *, actor: Actor, at: datetime) -> Account:
    """Close an account and end its sessions at once. Its memberships stay, and count for nothing while it is closed.

    Raises:
        NotVisible, NotAllowed: the actor does not close accounts there, or it is the actor's own.
    """
    with transaction.atomic():
        account = access.access_account(actor, account_id, to=access.CLOSE, hold=True)
        if account.pk == actor.account_id:
            raise NotAllowed(access.CLOSE)
        was, account.is_active = account.is_active, False
        account.save(update_fields=["is_active"])
        ended = sessions.end_sessions(account.pk)
        changed = audit.compare({"is_active": was}, {"is_active": False})
        _tell(actor, "people.account.closed", account, at, data={"sessions": ended}, changed=changed)
    return account


def reactivate(account_id: UUID, *, actor: Actor, at: datetime) -> Account:
    """Open a closed account again.

    Raises:
        NotVisible, NotAllowed: the actor does not close and open accounts there.
    """
    with transaction.atomic():
        account = access.access_account(actor, account_id, to=access.CLOSE, hold=True)
        was, account.is_active = account.is_active, True
        account.save(update_fields=["is_active"])
        changed = audit.compare({"is_active": was}, {"is_active": True})
        _tell(actor, "people.account.reopened", account, at, changed=changed)
    return account


def end_sessions(account_id: UUID, *, actor: Actor, at: datetime) -> int:
    """End every session of an account, one's own or one that the actor closes; say how many there were.

    Raises:
        NotVisible, NotAllowed: neither.
    """
    if account_id != actor.account_id:
        access.access_account(actor, account_id, to=access.CLOSE)
    with transaction.atomic():
        ended = sessions.end_sessions(account_id)
        account = Account.objects.get(pk=account_id)
        _tell(actor, "people.account.sessions_ended", account, at, data={"sessions": ended})
    return ended


def reset_second_factor(account_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Take away a lost second factor; the next log-in enrols a new one. Nobody resets their own.

    Raises:
        NotVisible, NotAllowed: the actor is not the security administrator there.
    """
    account = access.access_account(actor, account_id, to=access.SECURE)
    if account.pk == actor.account_id:
        raise NotAllowed(access.SECURE)
    with transaction.atomic():
        Authenticator.objects.filter(user_id=account.pk).delete()
        sessions.end_sessions(account.pk)
        _tell(actor, "people.account.second_factor_reset", account, at)


def open_demo_account(account_id: UUID, password: str) -> None:
    """Give a staff account of the demonstration a shown password and the authenticator of `get_demo_code`.

    Raises:
        NotAllowed: outside the demonstration.
    """
    if not settings.DEMO:
        raise NotAllowed(access.SECURE)
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account_id)
        if not account.has_usable_password():
            account.set_password(password)
            account.save(update_fields=["password"])
        if not queries.has_second_factor(account):
            TOTP.activate(account, queries.demo_secret(account.username))


def open_demo_patient(phone: str, *, name: str, elder_mode: bool, at: datetime) -> Account:
    """A patient account of the demonstration, whose phone is taken as confirmed.

    Raises:
        NotAllowed: outside the demonstration.
    """
    if not settings.DEMO:
        raise NotAllowed(access.SECURE)
    account = open_patient_account(phone, at=at)
    Account.objects.filter(pk=account.pk).update(name=name, elder_mode=elder_mode, phone_confirmed_at=at)
    return account


def set_preferences(
    account_id: UUID, *, language: str, elder_mode: bool | None = None, actor: Actor
) -> Account:  # fmt: skip
    """Change one's own language and, where given, letter size.

    Raises:
        NotAllowed: somebody else's account, or an unknown language.
    """
    if account_id != actor.account_id or language not in dict(settings.LANGUAGES):
        raise NotAllowed("people:account:preferences")
    changed: dict[str, Any] = {"language": language} | ({} if elder_mode is None else {"elder_mode": elder_mode})
    Account.objects.filter(pk=account_id).update(**changed)
    return Account.objects.get(pk=account_id)


def open_patient_account(phone: str, *, at: datetime) -> Account:
    """The patient account of a number in E.164, made where there is none.

    A number that never answers with its code is forgotten after a day.
    """
    found = queries.get_patient_by_phone(phone)
    if found:
        return found
    key = ids.new_id()
    account = Account(id=key, kind=Kind.PATIENT, username=f"patient-{key}", created_at=at)
    _put_phone(account, phone)
    account.set_unusable_password()
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError:
        # Two taps on the same button: the other one made it.
        return Account.objects.get(kind=Kind.PATIENT, phone_index=queries.blind_phone(phone))
    return account


def name_patient(account_id: UUID, name: str) -> None:
    """What somebody who logs in by phone is called; who has a name keeps it."""
    Account.objects.filter(pk=account_id, kind=Kind.PATIENT, name="").update(name=name)


def set_phone(account_id: UUID, phone: str, *, confirmed: bool) -> None:
    """Store another number (E.164) for an account."""
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account_id)
        _put_phone(account, phone)
        account.phone_confirmed_at = clock.now() if confirmed else None
        account.save(update_fields=["phone", "phone_index", "phone_confirmed_at"])


def confirm_phone(account_id: UUID, phone: str) -> None:
    """Note that a code sent to this number came back; the first time counts."""
    Account.objects.filter(
        pk=account_id, phone_index=queries.blind_phone(phone), phone_confirmed_at__isnull=True
    ).update(phone_confirmed_at=clock.now())


def forget_unconfirmed(*, at: datetime) -> int:
    """Delete patient accounts whose number never answered with its code; say how many."""
    stale = Account.objects.filter(
        kind=Kind.PATIENT, phone_confirmed_at__isnull=True, last_login__isnull=True, created_at__lt=at - UNCONFIRMED_FOR
    )
    with transaction.atomic():
        _count, by_table = stale.delete()
    return by_table.get("people.Account", 0)


def note_lock_out(username: str, *, origin: dict[str, str]) -> None:
    """Leave one audit entry a minute about a locked log-in, however often it is tried."""
    account = Account.objects.filter(username=username).first()
    if not cache.add(f"locked:{account.pk if account else origin.get('ip', '')}", True, LOCK_NOTED_FOR):
        return
    audit.record(
        Actor(account_id=None, origin=origin),
        "people.account.locked_out",
        subject_kind="account",
        subject_id=account.pk if account else "",
        at=clock.now(),
    )


def _put_phone(account: Account, phone: str) -> None:
    account.phone = phone
    account.phone_index = queries.blind_phone(phone) if phone else None


def _tell(
    actor: Actor,
    action: str,
    account: Account,
    at: datetime,
    *,
    data: dict[str, object] | None = None,
    changed: dict[str, Any] | None = None,
) -> None:
    audit.record(
        actor,
        action,
        subject_kind="account",
        subject_id=account.pk,
        organisation_id=account.home_id,
        data={**(data or {}), "changed": changed or {}},
        at=at,
    )
