"""The forms of an application's steps."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huizhen.console.choices import offer
from huizhen.console.consult.joint.forms import LONGEST, area
from huizhen.consult.joint.queries import PURPOSES
from huizhen.people.credentials.queries import list_specialties

KINDS = (("resident", _("Resident identity card")), ("passport", _("Passport")), ("none", _("None yet")))
SEXES = (("", _("From the identity number")), ("female", _("Female")), ("male", _("Male")), ("unknown", _("Unknown")))


class NewPatient(forms.Form):
    """A patient who is new here. The records check each value; here nothing is checked twice."""

    name = forms.CharField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    identity_kind = forms.ChoiceField(label=pgettext_lazy("identity", "Kind of document"), choices=KINDS)
    identity_number = forms.CharField(
        label=_("Number of the document"), required=False, max_length=40,
        help_text=_("An identity card has 18 characters; the last may be an X."),
        widget=forms.TextInput(attrs={"class": "input-number", "autocomplete": "off", "data-secret": "yes"}),
    )  # fmt: skip
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES, required=False)
    birth_on = forms.DateField(
        label=_("Date of birth"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Taken from the identity number where there is one."),
    )  # fmt: skip
    phone = forms.CharField(
        label=_("Phone"), required=False, max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "class": "input-number", "autocomplete": "off"}),
    )  # fmt: skip


class Question(forms.Form):
    """What is asked. A draft may be incomplete: the last step says what is missing."""

    purpose = forms.ChoiceField(label=_("Purpose"), widget=forms.RadioSelect, choices=PURPOSES)
    question = forms.CharField(
        label=_("Question to the experts"), widget=area(3), max_length=2000,
        help_text=_("For example: does this nodule need surgery, and where?"),
    )  # fmt: skip
    summary = forms.CharField(
        label=_("Summary of the illness"), widget=area(8), max_length=LONGEST,
        help_text=_("Complaint, history, examinations and treatment so far."),
    )  # fmt: skip
    specialty = forms.ChoiceField(label=_("Specialty wanted"))
    wants_meeting = forms.BooleanField(
        label=_("I would like a meeting with the experts"), required=False,
        help_text=_("Then the chair calls everybody together before the report is written."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Please choose")), *list_specialties()]
        offer(self, "specialty", choices)


class Consent(forms.Form):
    """The patient's agreement, and how fast it must go."""

    agreed = forms.BooleanField(
        label=_("I explained this to the patient, who agrees"),
        error_messages={"required": _("Tick this before you go on.")},
    )
    urgency = forms.ChoiceField(
        label=_("How fast must it go?"),
        widget=forms.RadioSelect,
        initial="normal",
        choices=[("normal", _("Normal: opinions within 24 hours")), ("urgent", _("Urgent: opinions within 4 hours"))],
    )
    urgent_why = forms.CharField(
        label=_("Why is it urgent?"), widget=area(2), max_length=500, required=False,
        help_text=_("The doctor on duty is called; one sentence helps to decide quickly."),
    )  # fmt: skip

    def __init__(self, *args: Any, own: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own:
            self.fields["agreed"].label = _("I agree")

    def clean(self) -> dict[str, Any]:
        """An urgent application says why."""
        found = super().clean() or {}
        if found.get("urgency") == "urgent" and not found.get("urgent_why", "").strip():
            self.add_error("urgent_why", _("Please say in one sentence why it is urgent."))
        return found
