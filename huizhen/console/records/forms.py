"""Forms of the health record. Rules stand in the features; here are labels, hints and kinds of fields."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huizhen.records.documents import queries as documents
from huizhen.records.emergency import queries as emergency
from huizhen.records.patients import queries as patients

DATE = {"type": "date"}
NUMBER = {"class": "input-number", "autocomplete": "off", "data-secret": "yes"}
PHONE = {"type": "tel", "class": "input-number", "autocomplete": "off", "data-secret": "yes"}
TEXT = {"autocomplete": "off", "data-secret": "yes"}


class PatientForm(forms.Form):
    """A patient's data; birth date and sex may stay empty with an identity card, which says them."""

    name = forms.CharField(label=pgettext_lazy("of a person", "Name"), widget=forms.TextInput(attrs=TEXT))
    identity_kind = forms.ChoiceField(
        label=pgettext_lazy("identity", "Kind of document"), choices=patients.IDENTITY_KINDS, initial="resident"
    )
    identity_number = forms.CharField(
        label=_("Identity number"),
        help_text=_("An identity card has 18 characters; the last one proves the others and may be an X."),
        widget=forms.TextInput(attrs=NUMBER),
    )
    phone = forms.CharField(label=_("Phone"), required=False, widget=forms.TextInput(attrs=PHONE))
    sex = forms.ChoiceField(
        label=_("Sex"),
        help_text=_("Taken from the identity card when left open."),
        choices=[("", _("From the identity card")), *patients.SEXES],
        required=False,
    )
    birth_on = forms.DateField(
        label=_("Birth date"),
        help_text=_("Taken from the identity card when left open."),
        required=False,
        widget=forms.DateInput(attrs={**DATE, "data-secret": "yes"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["identity_number"].required = self.data.get("identity_kind") != "none"


class RegisterForm(PatientForm):
    """A new patient, at one of the places where the reader may register."""

    organisation_id = forms.TypedChoiceField(label=_("Registered at"), coerce=UUID)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["organisation_id"])
        field.choices, field.initial = places, places[0][0]
        if len(places) == 1:
            field.widget = forms.HiddenInput()


class CorrectForm(PatientForm):
    """Corrected data, and why."""

    reason = forms.CharField(
        label=_("Reason for the correction"),
        help_text=_("What stood there before is kept together with this reason."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class JoinForm(forms.Form):
    """Which of two records of one person remains, and why they are one."""

    survivor = forms.TypedChoiceField(
        label=_("The record that remains"),
        help_text=_(
            "Its name and numbers are shown from now on. Those of the other are kept and still find the person."
        ),
        coerce=UUID,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("How you know"),
        help_text=_("For example: asked the patient by phone, compared the cards."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "data-secret": "yes"}),
    )

    def __init__(self, *args: Any, pair: list[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["survivor"]).choices = pair


class SplitForm(forms.Form):
    """Why two joined records are taken apart."""

    reason = forms.CharField(
        label=_("Why they are taken apart"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "data-secret": "yes"}),
    )


class EmergencyForm(forms.Form):
    """Whose record, and why it cannot wait."""

    name = forms.CharField(label=pgettext_lazy("of a person", "Name"), widget=forms.TextInput(attrs=TEXT))
    number = forms.CharField(
        label=_("Identity number or phone"),
        help_text=_("The whole number of the patient's document, or the whole phone number."),
        widget=forms.TextInput(attrs=NUMBER),
    )
    reason = forms.CharField(
        label=_("Why you must see this record now"),
        help_text=_("Whoever reviews the opening reads this sentence."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "data-secret": "yes"}),
    )


class VerdictForm(forms.Form):
    """Whether an opening in an emergency was justified."""

    verdict = forms.ChoiceField(label=_("Was it justified?"), choices=emergency.VERDICTS, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Your reasons"),
        help_text=_("The doctor reads this."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "data-secret": "yes"}),
    )


class OwnLogInForm(forms.Form):
    """The phone a patient logs in with; the number is typed anew, so that it is the one in the patient's hand."""

    phone = forms.CharField(
        label=_("Phone of the patient"),
        help_text=_("The number the patient logs in with. The patient stands before you and has the phone in hand."),
        widget=forms.TextInput(attrs=PHONE),
    )


class GuardianForm(forms.Form):
    """Somebody who acts for the patient, by the phone number they log in with."""

    name = forms.CharField(
        label=_("Name of the guardian"),
        help_text=_("As on the identity card."),
        max_length=60,
        widget=forms.TextInput(attrs=TEXT),
    )
    phone = forms.CharField(
        label=_("Phone of the guardian"),
        help_text=_("The number the guardian logs in with."),
        widget=forms.TextInput(attrs=PHONE),
    )
    relation = forms.ChoiceField(label=_("What they are to the patient"), choices=patients.RELATIONS)


class DocumentForm(forms.Form):
    """One or more files of one kind."""

    kind = forms.ChoiceField(
        label=_("Kind of document"), choices=[("", pgettext_lazy("list", "Please choose")), *documents.KINDS]
    )
    title = forms.CharField(
        label=pgettext_lazy("document", "Title"),
        help_text=_("For example: blood count, follow-up after surgery."),
        max_length=200,
        widget=forms.TextInput(attrs=TEXT),
    )
    taken_on = forms.DateField(
        label=_("Date of the document"),
        help_text=_("The day of the examination. Leave it open if you do not know."),
        required=False,
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
    )
