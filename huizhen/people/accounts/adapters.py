"""How django-allauth meets our accounts: phones, sentences, sealing of secrets, and who may drop a second factor."""

import base64
from typing import Any

import structlog
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import clock, crypto
from huizhen.people.accounts import actions, ports, queries, rules, sentences, sessions
from huizhen.people.accounts.models import Account

BOUND = b"mfa_authenticator"
log = structlog.get_logger(__name__)


class PhoneField(forms.CharField):
    """A phone number as people type it, cleaned to E.164."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Mobile number"))
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        """Raises ValidationError where the text is no phone number."""
        text = super().clean(value)
        if not text:
            return ""
        try:
            return rules.read_phone(text)
        except rules.BadPhone:
            raise ValidationError(_("This is not a mobile number. It has 11 digits and starts with 1.")) from None


class AccountAdapter(DefaultAccountAdapter):
    """Staff by name and password, patients by phone and code; nobody registers through a form."""

    error_messages = DefaultAccountAdapter.error_messages | sentences.ACCOUNT

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: staff are invited, and a patient's first log-in opens the account."""
        return False

    def post_login(self, request: HttpRequest, user: Account, **given: Any) -> HttpResponse:
        """Everybody reads on in the language of their account, or in the one chosen on the way in."""
        response: HttpResponse = super().post_login(request, user, **given)
        wished = request.session.pop(sessions.WISHED_LANGUAGE, "")
        if wished:
            actions.set_preferences(user.pk, language=wished, actor=queries.get_actor(user))
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, wished or user.language, max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE, httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        )  # fmt: skip
        return response

    def phone_form_field(self, **kwargs: Any) -> forms.Field:
        """Our reading of phone numbers, in every form of allauth."""
        return PhoneField(**kwargs)

    def get_user_by_phone(self, phone: str) -> Account | None:
        """Patients only."""
        return queries.get_patient_by_phone(phone)

    def get_phone(self, user: Account) -> tuple[str, bool] | None:
        """The number, and whether a code sent to it came back."""
        return (user.phone, user.phone_confirmed_at is not None) if user.phone else None

    def set_phone(self, user: Account, phone: str, verified: bool) -> None:
        """Store another number."""
        actions.set_phone(user.pk, phone, confirmed=verified)

    def set_phone_verified(self, user: Account, phone: str) -> None:
        """A code sent to the number came back."""
        actions.confirm_phone(user.pk, phone)

    def send_verification_code_sms(self, user: Account, phone: str, code: str, **_kwargs: Any) -> None:
        """Hand the code to the carrier."""
        ports.code_sender().send_code(phone, code, user.language)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send, and answer the same when the mail server fails: an error page would tell that the account exists."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:
            log.error("e-mail not sent", template=template_prefix, error=type(error).__name__)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse while locked out, and leave an audit entry about it."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            actions.note_lock_out(str(credentials.get("username", "")), origin=queries.get_origin(request))
            raise

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not for the second factor in the minutes after a log-in: enrolling would ask for the password twice."""
        began = self.request.session.get(sessions.BEGAN, 0)
        if app == "allauth.mfa" and clock.now().timestamp() - began < app_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to where the account is looked after."""
        return str(settings.LOGIN_REDIRECT_URL)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Seals authenticator secrets, and keeps the last second factor of staff in place."""

    error_messages = DefaultMFAAdapter.error_messages | sentences.SECOND_FACTOR

    def get_totp_issuer(self) -> str:
        """The name an authenticator app shows."""
        return "Huizhen 会诊"

    def encrypt(self, text: str) -> str:
        """Seal a secret for the database."""
        return base64.b64encode(crypto.encrypt(text.encode(), bound=BOUND)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` sealed."""
        return crypto.decrypt(base64.b64decode(encrypted_text), bound=BOUND).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one, where a second factor is required; the security administrator can reset it."""
        if settings.SECOND_FACTOR != "required" or authenticator.user.kind != "staff":
            return True
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=queries.STRONG)
        return others.exclude(pk=authenticator.pk).exists()
