"""Log-in, second factor and sessions: allauth's pages under our addresses, without those that nobody needs here."""

from allauth.account import urls as account
from allauth.mfa import urls as mfa
from allauth.usersessions import urls as usersessions
from django.urls import include, path

from huizhen.console.accounts.views import PhoneCodeView, SecondFactorView

# Addresses for e-mail management and confirmation: staff e-mail is kept by the administrator.
LEFT_OUT = frozenset({"account_email", "account_email_verification_sent", "account_confirm_email"})

urlpatterns = [
    # These two stand before allauth's own, and take their names.
    path("account/login/code/confirm/", PhoneCodeView.as_view(), name="account_confirm_login_code"),
    path("account/second-factor/authenticate/", SecondFactorView.as_view(), name="mfa_authenticate"),
    path("account/", include([page for page in account.urlpatterns if page.name not in LEFT_OUT])),
    path("account/second-factor/", include(mfa.urlpatterns)),
    path("account/sessions/", include(usersessions.urlpatterns)),
]
