"""Fields that a scanner types into. It ends every code with Enter, which must not send the form (`islands/page.ts`)."""

from django import forms
from django.utils.translation import gettext_lazy as _


def one_code() -> forms.TextInput:
    """A field for one code; Enter goes on to the next field."""
    return forms.TextInput(attrs={"autocomplete": "off", "data-scanned": "on"})


def many_codes(rows: int) -> forms.Textarea:
    """A field for one code after the other, that says how many it holds."""
    said = {"autocomplete": "off", "spellcheck": "false", "data-counts": _("{n} scanned")}
    return forms.Textarea(attrs={"rows": rows, **said})
