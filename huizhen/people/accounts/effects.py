"""What follows a log-in, a failure or a change of password or second factor: an audit entry, and old sessions end."""

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import receiver

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor
from huizhen.people.accounts import queries, sessions
from huizhen.people.accounts.models import Account


def note(action: str, request: Any, account: Account | None, **data: str) -> None:
    """Write one entry; the one who acts is the account itself, or nobody known."""
    actor = Actor(
        account_id=account.pk if account else None, name=str(account or ""), origin=queries.get_origin(request)
    )
    audit.record(
        actor,
        f"people.account.{action}",
        subject_kind="account",
        subject_id=account.pk if account else "",
        organisation_id=account.home_id if account else None,
        data=data or None,
        at=clock.now(),
    )


@receiver(account_signals.user_logged_in)
def on_log_in(request: Any, user: Account, **_kwargs: Any) -> None:
    """Entry, and the session's clock starts."""
    now = clock.now().timestamp()
    request.session[sessions.BEGAN], request.session[sessions.SEEN] = now, now
    note("logged_in", request, user)


@receiver(user_logged_out)
def on_log_out(request: Any, user: Account | None, **_kwargs: Any) -> None:
    """Entry, where somebody was logged in."""
    if user:
        note("logged_out", request, user)


@receiver(user_login_failed)
def on_failure(credentials: dict[str, Any], request: Any = None, **_kwargs: Any) -> None:
    """Entry. What was typed is not kept: people type passwords into the wrong box."""
    note("log_in_failed", request, Account.objects.filter(username=credentials.get("username", "")).first())


@receiver(account_signals.login_code_rejected)
def on_wrong_code(request: Any, user: Account, **_kwargs: Any) -> None:
    """Entry about a wrong code sent to a phone."""
    note("code_rejected", request, user)


@receiver(mfa_signals.authentication_failed)
def on_wrong_second_factor(request: Any, user: Account, authenticator: Any, **_kwargs: Any) -> None:
    """Entry about a wrong second factor."""
    note("second_factor_failed", request, user, type=str(authenticator.type))


@receiver(mfa_signals.authenticator_added)
def on_factor_added(request: Any, user: Account, authenticator: Any, **_kwargs: Any) -> None:
    """Entry."""
    note("second_factor_added", request, user, type=str(authenticator.type))


@receiver(mfa_signals.authenticator_removed)
def on_factor_removed(request: Any, user: Account, authenticator: Any, **_kwargs: Any) -> None:
    """Entry, and the next request asks again whether a factor is left."""
    request.session.pop(sessions.STRONG, None)
    note("second_factor_removed", request, user, type=str(authenticator.type))


@receiver(mfa_signals.authenticator_reset)
def on_recovery_codes_renewed(request: Any, user: Account, **_kwargs: Any) -> None:
    """Entry about new recovery codes."""
    note("recovery_codes_renewed", request, user)


@receiver([account_signals.password_changed, account_signals.password_set])
def on_password_changed(request: Any, user: Account, **_kwargs: Any) -> None:
    """Entry, and every other session ends; the present one goes on."""
    sessions.end_sessions(user.pk, but=request.session.session_key)
    note("password_changed", request, user)


@receiver(account_signals.password_reset)
def on_password_reset(request: Any, user: Account, **_kwargs: Any) -> None:
    """Entry, and every session ends."""
    sessions.end_sessions(user.pk)
    note("password_reset", request, user)
