"""Forms of instruments: labels and hints; rules stand in the feature."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from huizhen.console.lab.instruments import words
from huizhen.lab.instruments import in_use, queries


class InstrumentForm(forms.Form):
    """An instrument: how it is reached, and how what it says is read."""

    name = forms.CharField(label=_("Name of the instrument"), max_length=120)
    organisation_id = forms.TypedChoiceField(label=_("Stands at"), coerce=UUID)
    profile = forms.ChoiceField(label=_("Read by the profile"))
    link = forms.ChoiceField(label=_("How it is connected"), choices=queries.LINKS)
    address = forms.CharField(
        label=_("Address"), max_length=200, required=False,
        help_text=_("Its address if it calls us; host:port if we call it; /dev/ttyS0?baud=9600; or the folder."),
    )  # fmt: skip
    identity = forms.CharField(
        label=_("What it calls itself"), max_length=120, required=False,
        help_text=_("A part of MSH-3 or H-5. Needed where several instruments share an address."),
    )  # fmt: skip
    port = forms.IntegerField(
        label=_("Port of its own"), min_value=0, max_value=65535, initial=0, required=False,
        help_text=_("Only for devices without HL7 or ASTM, or to keep one apart; 0 for none."),
    )  # fmt: skip
    silence_after = forms.IntegerField(
        label=_("Silent after how many minutes"), min_value=5, max_value=100_000, required=False,
        help_text=_("Leave it empty: the instrument's own habit decides."),
    )  # fmt: skip
    wants_orders = forms.BooleanField(label=_("Send it the orders of received specimens"), required=False)
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["organisation_id"]).choices = places
        cast(forms.ChoiceField, self.fields["profile"]).choices = [
            (name, words.title(title)) for name, title in in_use.list_choices(UUID(key) for key, _name in places)
        ]

    def clean_port(self) -> int:
        """No port is 0."""
        return self.cleaned_data["port"] or 0
