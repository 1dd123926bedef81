"""Fields that several pages of the centre use."""

from typing import Any

from django import forms


def moment_field(label: Any) -> forms.DateTimeField:
    """A day and time, chosen in the browser's own way."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget)


def day_field(label: Any, *, required: bool = True) -> forms.DateField:
    """A day, chosen in the browser's own way."""
    return forms.DateField(
        label=label, required=required, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
