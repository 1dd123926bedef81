"""The forms of an organisation: a new one, and one that is changed or hung elsewhere."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from huizhen.console.centre.meanwhile import say_meanwhile
from huizhen.console.choices import offer
from huizhen.people.accounts.requests import By
from huizhen.people.organisations import actions, queries, rules
from huizhen.people.seen import ChangedMeanwhile

INDENT = "\u2003"


def list_places(region: Collection[UUID]) -> list[tuple[str, str]]:
    """The organisations of a region for a form, each set in by how deep it lies."""
    return [(str(row.pk), f"{INDENT * depth}{row.name}") for row, depth in queries.list_region(region)]


class Facts(forms.Form):
    """What both forms ask for, and how a refusal is said."""

    name = forms.CharField(label=pgettext_lazy("organisation", "Name"), max_length=120)
    code = forms.CharField(
        label=pgettext_lazy("organisation", "Code"), max_length=40,
        help_text=gettext_lazy("Short, for example JC-1. No two organisations have the same."),
    )  # fmt: skip
    is_centre = forms.BooleanField(
        label=gettext_lazy("Has a consultation centre"), required=False,
        help_text=gettext_lazy("Consultations from here and from below come to this centre."),
    )  # fmt: skip

    def refuse(self, error: Exception) -> None:
        """Say in the form why an action did nothing; what was typed stays."""
        if isinstance(error, actions.CodeTaken):
            self.add_error("code", _("Another organisation has this code. Choose another one."))
        else:
            self.add_error(
                "parent",
                _("It cannot lie there: either the kinds do not fit, or the place lies below it. Choose another one."),
            )


class NewOrganisationForm(Facts):
    """A new one below one of the region."""

    parent = forms.ChoiceField(label=gettext_lazy("Lies below"))
    kind = forms.ChoiceField(label=pgettext_lazy("organisation", "Kind"))
    field_order = ("parent", "kind", "name", "code", "is_centre")

    def __init__(self, *args: Any, region: Collection[UUID], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "parent", [("", "—"), *list_places(region)])
        offer(self, "kind", [(code, label) for code, label in queries.KINDS if rules.may_lie_below(code)])

    def store(self, by: By) -> Any:
        """Make it; None where the form says why not."""
        data = self.cleaned_data
        try:
            return actions.create_organisation(
                parent_id=UUID(data["parent"]), kind=data["kind"], name=data["name"], code=data["code"],
                is_centre=data["is_centre"], **by,
            )  # fmt: skip
        except (actions.CodeTaken, actions.DoesNotFit) as error:
            self.refuse(error)
        return None


class OrganisationForm(Facts):
    """One that is there. Its kind stays what it was made as; a root stays a root."""

    parent = forms.ChoiceField(label=gettext_lazy("Lies below"))
    field_order = ("name", "code", "parent", "is_centre")

    def __init__(self, data: Any = None, *, row: Any, region: Collection[UUID]) -> None:
        super().__init__(data, initial=queries.describe(row))
        self.row = row
        if row.parent_id is None or row.parent_id not in region:
            del self.fields["parent"]  # its place is not this operator's to choose
            return
        fit = [
            (str(one.pk), f"{INDENT * depth}{one.name}") for one, depth in queries.list_region(region)
            if rules.fits(one.kind, row.kind) and row.pk not in one.path
        ]  # fmt: skip
        offer(self, "parent", fit)
        self.fields["parent"].help_text = _("All that lies below it moves along, and so do the powers over it.")

    def store(self, by: By, seen: str) -> bool:
        """Save it, or say in the form why not."""
        data = self.cleaned_data
        try:
            actions.change_organisation(
                self.row.pk, name=data["name"], code=data["code"], is_centre=data["is_centre"],
                parent_id=UUID(data["parent"]) if "parent" in data else None, seen=seen, **by,
            )  # fmt: skip
        except ChangedMeanwhile:
            self.row.refresh_from_db()
            say_meanwhile(self, queries.describe(self.row))
            return False
        except (actions.CodeTaken, actions.DoesNotFit) as error:
            self.refuse(error)
            return False
        return True
