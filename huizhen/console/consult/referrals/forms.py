"""The forms of referrals."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from huizhen.console.choices import offer
from huizhen.consult.referrals.actions.receiving import LONGEST_PLACE
from huizhen.consult.referrals.queries import COURSES
from huizhen.consult.referrals.rules import LONGEST

WHEN = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def area(rows: int = 4) -> forms.Textarea:
    """A text field of several lines."""
    return forms.Textarea(attrs={"rows": rows})


class Begin(forms.Form):
    """Where the patient goes, and how fast."""

    target = forms.ChoiceField(
        label=_("Hospital or department"),
        help_text=_("Those your hospital may refer to, and where somebody takes referrals."),
    )
    urgency = forms.ChoiceField(
        label=_("How fast must it go?"), widget=forms.RadioSelect, initial="normal",
        choices=[
            ("normal", _("Normal: answered within a working day")), ("urgent", _("Urgent: answered within 30 minutes")),
        ],
    )  # fmt: skip

    def __init__(self, *args: Any, choices: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "target", [("", _("Please choose")), *choices])


class Reason(forms.Form):
    """A reason, which is told to the doctor, the patient and the family."""

    reason = forms.CharField(label=_("Reason"), widget=area(3), max_length=2000)


class Doctor(forms.Form):
    """Which doctor of the hospital is to see the patient."""

    doctor = forms.ChoiceField(label=_("Doctor"))

    def __init__(self, *args: Any, choices: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "doctor", [("", _("Please choose")), *choices])


class Appointment(forms.Form):
    """When and where the patient is to come."""

    appointment_at = forms.DateTimeField(label=_("When"), widget=WHEN, help_text=_("Beijing time."))
    place = forms.CharField(
        label=_("Where, and to whom"), max_length=LONGEST_PLACE,
        help_text=_("For example: outpatient building, third floor, thoracic surgery, Dr Shen. Bring: identity card."),
    )  # fmt: skip


class Reschedule(Appointment, Reason):
    """Another time, and why."""

    field_order = ("appointment_at", "place", "reason")


class Answer(forms.Form):
    """What was found and done."""

    words = forms.CharField(
        label=_("What was found and done"), widget=area(6), max_length=LONGEST,
        help_text=_("The referring doctor and the experts read it, for example operation and final pathology."),
    )  # fmt: skip
    course = forms.ChoiceField(label=_("How is the patient now?"), widget=forms.RadioSelect, choices=COURSES)
    diagnosis_held = forms.ChoiceField(
        label=_("Did the diagnosis hold?"), widget=forms.RadioSelect, required=False,
        choices=[("yes", _("yes, it was confirmed")), ("no", _("no, another one was made")), ("", _("not known yet"))],
    )  # fmt: skip
