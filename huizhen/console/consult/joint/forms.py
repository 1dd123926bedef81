"""The forms of acts on a consultation. Each field is what its action takes; codes stay codes."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from huizhen.console.choices import offer
from huizhen.console.refusals import MISSING
from huizhen.consult.joint.aftercare.actions import LATEST, SOONEST
from huizhen.consult.joint.aftercare.queries import COURSES, FOLLOWED
from huizhen.consult.joint.queries import DECLINES
from huizhen.kernel import ids
from huizhen.kernel.clock import now

LONGEST = 20_000
ITEM = "item-"


def area(rows: int = 4) -> forms.Textarea:
    """A text field of several lines."""
    return forms.Textarea(attrs={"rows": rows})


class AskMaterial(forms.Form):
    """What is missing, by name, and a few words of one's own; `found`: codes of what the application lacks."""

    missing = forms.MultipleChoiceField(
        label=_("What is missing?"), widget=forms.CheckboxSelectMultiple, choices=list(MISSING.items())
    )
    note = forms.CharField(
        label=_("A note to the applicant"), widget=area(3), required=False, max_length=2000,
        help_text=_("For example, which phase of the CT, or from which month."),
    )  # fmt: skip

    def __init__(self, *args: Any, found: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["missing"].initial = list(found)
        if found:
            self.fields["missing"].help_text = _("Ticked is what the check of completeness found missing.")


class Reason(forms.Form):
    """A reason, which is told to those concerned."""

    reason = forms.CharField(label=_("Reason"), widget=area(3), max_length=2000)


class LookAgain(Reason):
    """Whose opinion is asked for once more, and why; `choices` are the experts who signed."""

    experts = forms.MultipleChoiceField(label=_("Who should look again?"), widget=forms.CheckboxSelectMultiple)
    field_order = ("experts", "reason")

    def __init__(self, *args: Any, choices: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "experts", choices)


class Decline(forms.Form):
    """Why one cannot take part, for the coordinators only."""

    why = forms.ChoiceField(
        label=_("What keeps you from it?"), widget=forms.RadioSelect, required=False, choices=DECLINES,
        help_text=_("“Not my field” makes such cases go to others first."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), widget=area(3), required=False, max_length=2000,
        help_text=_("Only the consultation centre sees it."),
    )  # fmt: skip


class Extend(forms.Form):
    """More time, with a reason that is sent."""

    until = forms.DateTimeField(
        label=_("Until when"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    reason = forms.CharField(
        label=_("Reason"), widget=area(3), max_length=2000,
        help_text=_(
            "The applicant and the patient read it word for word among their messages here."
            " SMS and e-mail only say that the deadline moved."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].initial = (now() + timedelta(hours=4)).replace(minute=0, second=0, microsecond=0)


class Urgency(forms.Form):
    """How fast it must go from now on."""

    urgency = forms.ChoiceField(
        label=_("How fast must it go?"),
        widget=forms.RadioSelect,
        choices=[("normal", _("Normal: opinions within 24 hours")), ("urgent", _("Urgent: opinions within 4 hours"))],
    )
    reason = forms.CharField(label=_("Reason"), widget=area(3), max_length=2000)


class Reassign(forms.Form):
    """To whom the case is handed; `choices` are colleagues of the centre."""

    owner = forms.ChoiceField(label=_("Hand over to"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), widget=area(2), max_length=2000)

    def __init__(self, *args: Any, choices: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "owner", choices)


class Chair(forms.Form):
    """Which of the experts who accepted takes the chair."""

    invitation = forms.ChoiceField(label=_("Who takes the chair?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, choices: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "invitation", choices)


class ReplaceChair(Chair, Reason):
    """Who takes the chair from now on, and why."""

    field_order = ("invitation", "reason")


class Release(Reason):
    """Who cannot go on, and why; `choices` are those who are waited for."""

    who = forms.ChoiceField(label=_("Who cannot go on?"), widget=forms.RadioSelect)
    field_order = ("who", "reason")

    def __init__(self, *args: Any, choices: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "who", choices)


class AskBack(forms.Form):
    """A question about the report; its key makes a second sending harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=ids.new_id)
    question = forms.CharField(label=_("Your question to the experts"), widget=area(4), max_length=4000)


class Supply(forms.Form):
    """Question and summary, as they may be improved when material is added."""

    question = forms.CharField(label=_("Question to the experts"), widget=area(3), max_length=2000)
    summary = forms.CharField(label=_("Summary of the illness"), widget=area(8), max_length=LONGEST)


def item_field(item: Mapping[str, Any], *, english: bool) -> forms.Field:
    """The field of one item of an opinion template. A draft may leave any open; signing asks for the required ones."""
    named = "label_en" if english else "label"
    given: dict[str, Any] = {
        "label": item[named], "required": False, "help_text": _("Needed for signing.") if item.get("required") else "",
    }  # fmt: skip
    if item["kind"] in ("choice", "several"):
        options = [(one["code"], one[named]) for one in item["choices"]]
        if item["kind"] == "several":
            return forms.MultipleChoiceField(choices=options, widget=forms.CheckboxSelectMultiple, **given)
        return forms.ChoiceField(choices=[("", "—"), *options], **given)
    if item["kind"] == "number":
        given["label"] += f" ({item['unit']})" if item.get("unit") else ""
        return forms.DecimalField(min_value=item.get("least"), max_value=item.get("most"), **given)
    return forms.CharField(max_length=200, **given)


class Opinion(forms.Form):
    """An expert's own opinion. A draft may be empty; what signing needs is checked by the feature."""

    may_be_half = True  # so nothing is marked as optional

    findings = forms.CharField(
        label=_("Findings"), widget=area(5), max_length=LONGEST, required=False,
        help_text=_("What you see in the images and the other material."),
    )  # fmt: skip
    assessment = forms.CharField(label=_("Assessment"), widget=area(4), max_length=LONGEST, required=False)
    advice = forms.CharField(label=_("Advice"), widget=area(4), max_length=LONGEST, required=False)
    stance = forms.ChoiceField(
        label=_("Compared with what the others may think"),
        widget=forms.RadioSelect,
        initial="agree",
        choices=[
            ("agree", _("I go along with the usual view")),
            ("partly", _("I agree in part")),
            ("dissent", _("I disagree; keep it in the report")),
        ],
    )
    stance_reason = forms.CharField(
        label=_("Where you differ, and why"), widget=area(3), max_length=4000, required=False
    )

    def __init__(self, *args: Any, template: Any = None, english: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = template.items if template else []
        self.items = [(ITEM + item["key"], item["key"]) for item in items]
        made = {ITEM + item["key"]: item_field(item, english=english) for item in items}
        self.fields = {**made, **self.fields}  # the items stand first
        self.template = template.code if template else ""
        self.version = template.version if template else 0

    def written(self) -> dict[str, Any]:
        """What `OpinionFields` takes."""
        said = self.cleaned_data
        words = {name: said[name] for name in ("findings", "assessment", "advice", "stance", "stance_reason")}
        answers = {key: said[name] for name, key in self.items}
        return {**words, "template": self.template, "template_version": self.version, "answers": answers}


class Shift(Reason):
    """Another time for the meeting, and why; the time is Beijing's."""

    starts_at = forms.DateTimeField(
        label=_("New time"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    field_order = ("starts_at", "reason")


class Family(forms.Form):
    """Who may follow, on which phone, and for how long."""

    name = forms.CharField(label=_("Who is it?"), max_length=40, help_text=_("For example: daughter."))
    phone = forms.CharField(
        label=_("Phone of that person"), max_length=30, widget=forms.TextInput(attrs={"inputmode": "tel"}),
        help_text=_("A code is sent there each time the link is opened anew."),
    )  # fmt: skip
    days = forms.ChoiceField(
        label=_("For how long?"), widget=forms.RadioSelect, initial="3",
        choices=[("1", _("one day")), ("3", _("three days")), ("7", _("seven days"))],
    )  # fmt: skip


STARS = [("5", _("very good")), ("4", _("good")), ("3", _("middling")), ("2", _("poor")), ("1", _("bad"))]


class Rate(forms.Form):
    """Three questions about a consultation, one to five each."""

    speed = forms.ChoiceField(label=_("How fast was it?"), widget=forms.RadioSelect, choices=STARS)
    clarity = forms.ChoiceField(label=_("Was the report clear?"), widget=forms.RadioSelect, choices=STARS)
    use = forms.ChoiceField(label=_("Did it help?"), widget=forms.RadioSelect, choices=STARS)
    words = forms.CharField(
        label=_("Anything else?"), widget=area(3), required=False, max_length=2000,
        help_text=_("The consultation centre reads it. It cannot be changed afterwards."),
    )  # fmt: skip


class FollowUpDay(forms.Form):
    """On which day after the delivery the applicant is asked."""

    days = forms.IntegerField(
        label=_("Days after the delivery of the report"), min_value=SOONEST, max_value=LATEST,
        help_text=_("7 to 365. Without an answer the reminder comes once more, a week later."),
    )  # fmt: skip


class Outcome(forms.Form):
    """What became of the advice."""

    followed = forms.ChoiceField(label=_("Was the advice followed?"), widget=forms.RadioSelect, choices=FOLLOWED)
    course = forms.ChoiceField(label=_("How is the patient now?"), widget=forms.RadioSelect, choices=COURSES)
    diagnosis_held = forms.ChoiceField(
        label=_("Did the diagnosis hold?"), widget=forms.RadioSelect, required=False,
        choices=[("yes", _("yes, it was confirmed")), ("no", _("no, another one was made")), ("", _("not known yet"))],
    )  # fmt: skip
    words = forms.CharField(
        label=_("In a few words"), widget=area(4), required=False, max_length=2000,
        help_text=_("The experts read it, for example the final pathology."),
    )  # fmt: skip
