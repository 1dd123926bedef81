"""What a person reads when a log-in does not work: what happened and what to do, never whether an account exists."""

from django.utils.translation import gettext_lazy as _

LOCKED = _("Too many wrong tries. Log-in is locked for up to 15 minutes; then try again.")
WRONG = _("The log-in name or the password is wrong.")

ACCOUNT = {
    "too_many_login_attempts": LOCKED,
    "username_password_mismatch": WRONG,
    "phone_password_mismatch": WRONG,
    "invalid_login": WRONG,
    "incorrect_code": _("This code is wrong or too old."),
    "incorrect_password": _("The password is wrong."),
    "account_inactive": _("This account is closed. Ask your system administrator."),
    "rate_limited": _("Too many requests. Wait a minute, then try again."),
    "enter_current_password": _("Type your present password."),
    "same_as_current": _("The new one is the same as before."),
    "invalid_password_reset": _("This link has been used or is too old. Ask for a new one."),
    "invalid_or_expired_key": _("This link has been used or is too old. Ask for a new one."),
}

SECOND_FACTOR = {
    "incorrect_code": _("This code is wrong or has been used. Wait for the next one."),
    "cannot_delete_authenticator": _("Staff always keep one second factor. Add another one first, then remove this."),
    "cannot_generate_recovery_codes": _("Set up an authenticator app or a passkey first."),
}

SESSION_OVER = {
    "idle": _("You were logged out because nothing was done for a while. Log in to go on."),
    "whole": _("Your session has reached its limit. Log in to go on."),
}
