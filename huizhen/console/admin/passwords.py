"""Passwords of other systems in the back office: written, never shown again, and never sent to another place."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.forms import ModelForm
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget


def password_field() -> forms.CharField:
    """The field of a password that may stay as it is."""
    return forms.CharField(
        label=_("password"), max_length=200, required=False, widget=UnfoldAdminPasswordWidget,
        help_text=_("Leave it empty to keep the one that is there."),
    )  # fmt: skip


class PasswordForm(ModelForm):
    """A system with an address and a password. Left empty, the password that is there stays; where the address names
    another server it is written anew, so that who may change addresses has no password sent to a server of theirs."""

    address_in: ClassVar[str]
    password_in: ClassVar[str]

    def clean(self) -> dict[str, Any]:
        """What was written, or what stands there."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        kept = getattr(self.instance, self.password_in)
        if kept and not given.get(self.password_in) and self.address_in in given:
            if _server(given[self.address_in]) != _server(getattr(self.instance, self.address_in)):
                self.add_error(self.password_in, _("The address names another server: write the password for it."))
            else:
                given[self.password_in] = kept
        return given


def _server(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc
