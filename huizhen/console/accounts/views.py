"""The two log-in steps with something of our own to say: a masked number, and the demonstration's codes."""

from typing import Any

from allauth.account.views import ConfirmLoginCodeView
from allauth.mfa.base.views import AuthenticateView

from huizhen.kernel import clock
from huizhen.people.accounts import queries, rules


class PhoneCodeView(ConfirmLoginCodeView):
    """The digits of the text message."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the masked number and, in the demonstration, the code itself."""
        context = super().get_context_data(**kwargs)
        phone = context.get("phone") or ""
        return context | {"phone_shown": rules.mask_phone(phone), "demo_code": queries.get_demo_phone_code(phone)}


class SecondFactorView(AuthenticateView):
    """The digits of the authenticator app."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds, in the demonstration, the code that the app would show."""
        context = super().get_context_data(**kwargs)
        return context | {"demo_code": queries.get_demo_code(self.stage.login.user.username, at=clock.now())}
