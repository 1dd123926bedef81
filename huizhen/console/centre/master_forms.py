"""The forms of the centre's master data, and how each is read and stored."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huizhen.console.centre.fields import day_field
from huizhen.console.centre.master_rows import FEN
from huizhen.console.choices import offer
from huizhen.consult.contracts import actions as contracts
from huizhen.consult.joint.cosigning_rules import actions as cosigning
from huizhen.consult.panels import actions as panels
from huizhen.consult.panels.rules import RuleThere
from huizhen.consult.suggestions.queries import list_topic_choices
from huizhen.people.credentials.queries import TITLES, list_specialties
from huizhen.people.organisations.queries import list_organisations

SEATS = 6


class ContractForm(forms.Form):
    """Who may ask whom, how often, at what price in yuan."""

    asking_id = forms.ChoiceField(label=gettext_lazy("Asks"))
    answering_id = forms.ChoiceField(label=gettext_lazy("Answers"))
    starts_on = day_field(gettext_lazy("From"))
    ends_on = day_field(gettext_lazy("Until"), required=False)
    monthly_limit = forms.IntegerField(
        label=gettext_lazy("Consultations a month, at most"), required=False, min_value=1
    )
    fee = forms.DecimalField(
        label=gettext_lazy("Price for each expert (yuan)"), min_value=0, decimal_places=2, initial=0
    )
    urgent_fee = forms.DecimalField(
        label=gettext_lazy("Price when urgent (yuan)"), min_value=0, decimal_places=2, initial=0
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list_organisations().exclude(kind="platform")
        choices = [("", "—"), *((str(row.pk), row.name) for row in rows)]
        for name in ("asking_id", "answering_id"):
            offer(self, name, choices)

    @staticmethod
    def read(row: Any) -> dict[str, Any]:
        """A contract as the form shows it."""
        return {
            "asking_id": str(row.asking_id), "answering_id": str(row.answering_id), "starts_on": row.starts_on,
            "ends_on": row.ends_on, "monthly_limit": row.monthly_limit, "fee": row.fee_fen / FEN,
            "urgent_fee": row.urgent_fee_fen / FEN,
        }  # fmt: skip

    def store(self, key: UUID | None, by: dict[str, Any]) -> bool:
        """Save it, or say in the form why not."""
        data = self.cleaned_data
        try:
            contracts.save_contract(
                contract_id=key, asking_id=UUID(data["asking_id"]), answering_id=UUID(data["answering_id"]),
                starts_on=data["starts_on"], ends_on=data["ends_on"], monthly_limit=data["monthly_limit"],
                fee_fen=int(data["fee"] * FEN), urgent_fee_fen=int(data["urgent_fee"] * FEN), **by,
            )  # fmt: skip
        except contracts.BadContract:
            self.add_error(None, _("Two different organisations, days in order, and one open contract between them."))
            return False
        return True


class TemplateForm(forms.Form):
    """A panel: its seats in order, who usually chairs, and what it is offered for."""

    name = forms.CharField(label=gettext_lazy("Name of the panel"), max_length=60)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=80, required=False)
    topics = forms.MultipleChoiceField(label=gettext_lazy("Offered for"), required=False)
    is_active = forms.BooleanField(label=gettext_lazy("Offered"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        specialties = [("", "—"), *list_specialties()]
        offer(self, "topics", list_topic_choices())
        self.fields["topics"].widget.attrs["size"] = 8
        for number in range(1, SEATS + 1):
            self.fields[f"seat_{number}"] = forms.ChoiceField(
                label=_("Seat %(n)s") % {"n": number}, choices=specialties, required=number == 1
            )
        self.fields["chair"] = forms.ChoiceField(label=_("Usually chairs"), choices=specialties, required=False)

    @staticmethod
    def read(row: Any) -> dict[str, Any]:
        """A template as the form shows it."""
        seats = list(row.seats.all())
        return {
            "name": row.name, "name_en": row.name_en, "topics": row.topics, "is_active": row.is_active,
            **{f"seat_{number}": seat.specialty_id for number, seat in enumerate(seats, start=1)},
            "chair": next((seat.specialty_id for seat in seats if seat.chairs), ""),
        }  # fmt: skip

    def store(self, key: UUID | None, by: dict[str, Any]) -> bool:
        """Save it, or say in the form why not."""
        data = self.cleaned_data
        seats = [code for number in range(1, SEATS + 1) if (code := data[f"seat_{number}"])]
        kept = {name: data[name] for name in ("name", "name_en", "topics", "is_active", "chair")}
        try:
            panels.save_template(template_id=key, seats=seats, **kept, **by)
        except panels.NoSeats:
            self.add_error("seat_1", _("Each specialty once, and the chair one of them."))
            return False
        return True


class SpecialtyForm(forms.Form):
    """What is kept once for each specialty; `save` is the act of a subclass."""

    specialty = forms.ChoiceField(label=gettext_lazy("Specialty"))
    save: Callable[..., Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "specialty", list_specialties())
        self.fields["specialty"].disabled = bool(self.initial)  # a rule stays with its specialty

    def store(self, key: Any, by: dict[str, Any]) -> bool:
        """Save it, or say in the form why not."""
        try:
            self.save(**self.cleaned_data, new=key is None, **by)
        except RuleThere:
            self.add_error("specialty", _("This specialty has a rule already. Open it in the list to change it."))
            return False
        return True


class RuleForm(SpecialtyForm):
    """What a specialty asks of its panels."""

    quorum = forms.IntegerField(label=gettext_lazy("Experts at least"), min_value=1, max_value=9, initial=1)
    chair_title = forms.ChoiceField(
        label=gettext_lazy("Chair's title at least"), required=False, choices=[("", "—"), *TITLES]
    )
    chair_of_specialty = forms.BooleanField(label=gettext_lazy("The chair is of this specialty"), required=False)
    save = staticmethod(panels.save_rule)

    @staticmethod
    def read(row: Any) -> dict[str, Any]:
        """A rule as the form shows it."""
        return {
            "specialty": row.specialty_id, "quorum": row.quorum, "chair_title": row.chair_title,
            "chair_of_specialty": row.chair_of_specialty,
        }  # fmt: skip


class CosigningForm(SpecialtyForm):
    """Whether all experts of a specialty's consultations sign."""

    everybody = forms.BooleanField(
        label=gettext_lazy("All experts sign the report beside the chair"), required=False, initial=True,
        help_text=gettext_lazy("Not ticked: whoever wishes to signs too, as without a rule."),
    )  # fmt: skip
    save = staticmethod(cosigning.save_rule)

    @staticmethod
    def read(row: Any) -> dict[str, Any]:
        """A rule as the form shows it."""
        return {"specialty": row.specialty_id, "everybody": row.everybody}
