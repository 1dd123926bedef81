"""The forms of a medicine. What is not known stays empty: a guess would be read as knowledge."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huizhen.console.records.forms import DATE, TEXT
from huizhen.kernel import ids
from huizhen.records.medicines.queries import STATUSES


def words(label: Any, help_text: Any = "", *, longest: int, required: bool = False) -> forms.CharField:
    """A line of words."""
    widget = forms.TextInput(attrs=TEXT)
    return forms.CharField(label=label, help_text=help_text, max_length=longest, required=required, widget=widget)


def day(label: Any, help_text: Any = "") -> forms.DateField:
    """A day that may stay open."""
    widget = forms.DateInput(attrs={**DATE, "data-secret": "yes"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, required=False, widget=widget)


class MedicineForm(forms.Form):
    """A medicine, as it stands on its box or in the prescription."""

    name = words(
        pgettext_lazy("of a medicine", "Name"),
        _("As it stands on the box, with its strength."),
        longest=200,
        required=True,
    )
    dose = words(_("Dose"), _("For example: 5 mg, or 1 tablet."), longest=100)
    route = words(_("How it is taken"), _("For example: by mouth, under the skin, inhaled."), longest=60)
    frequency = words(_("How often"), _("For example: once a day, when needed."), longest=100)
    status = forms.ChoiceField(label=_("Taken?"), choices=STATUSES[:-1], initial="active")
    starts_on = day(_("First day"), _("Leave it open if you do not know."))
    ends_on = day(_("Last day"))
    source = words(
        _("Who says so"), _("For example the hospital that prescribed it, or the patient. Empty: you."), longest=120
    )


class NewMedicineForm(MedicineForm):
    """A medicine that is not there yet; its key makes a second sending harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=ids.new_id)


class CorrectMedicineForm(MedicineForm):
    """Corrected data, and why."""

    status = forms.ChoiceField(label=_("Taken?"), choices=STATUSES)
    reason = forms.CharField(
        label=_("Reason for the correction"),
        help_text=_("What stood there before is kept together with this reason."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "data-secret": "yes"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
