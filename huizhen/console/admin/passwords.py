"""Passwords of other systems in the back office: written, never shown again."""

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


def written_or_kept(form: ModelForm, name: str) -> str:
    """What was written into the field of this name, or what stands there."""
    return str(form.cleaned_data[name] or getattr(form.instance, name))
