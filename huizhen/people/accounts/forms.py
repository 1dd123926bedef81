"""The log-in forms: allauth's, with our fields and sentences."""

from typing import Any

from allauth.account import forms as account_forms
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import clock
from huizhen.people.accounts import actions, queries
from huizhen.people.accounts.models import Account

# A code is accepted from one step (30 s) early to one step late, so it must stay spent for three.
SPENT_FOR = 90


class LoginForm(account_forms.LoginForm):
    """Staff: log-in name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Log-in name")
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none", "placeholder": ""}
        self.fields["password"].widget.attrs["placeholder"] = ""
        self.fields["password"].help_text = ""

    def user_credentials(self) -> dict[str, str]:
        """Never a phone: patients have no password, and staff are not found by phone."""
        return {"username": self.cleaned_data["login"], "password": self.cleaned_data["password"]}


class RequestLoginCodeForm(account_forms.RequestLoginCodeForm):
    """Patients: a phone number. An unknown one opens an account, so the answer is the same for everybody."""

    _user: Account | None

    def clean_phone(self) -> str:
        """The number in E.164; raises ValidationError when asked too often."""
        phone = super().clean_phone()
        if phone and self._user is None:
            self._user = actions.open_patient_account(phone, at=clock.now())
        return phone


class AuthenticateForm(mfa_forms.AuthenticateForm):
    """A second-factor code that works once, over its whole time of validity."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["placeholder"] = ""

    def clean_code(self) -> str:
        """The code; raises ValidationError for a wrong or spent one."""
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not cache.add(
            queries.spent_key(self.user.pk, code), True, SPENT_FOR
        ):
            raise get_adapter().validation_error("incorrect_code")
        return code
