"""The operator's own lengths of deadlines in the back office."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from huizhen.console.admin.history import Words
from huizhen.console.admin.masters import Master
from huizhen.console.admin.site import site
from huizhen.kernel.flow.figures import list_deadlines, named
from huizhen.kernel.flow.language import FLOWS

PROMISE = apps.get_model("kernel", "Promise")
TWICE = _("This deadline has a length of yours already, for this urgency. Change that one.")
BETWEEN = "|"  # stands in no flow's kind and in no clock's name


def choices() -> Iterator[tuple[str, str]]:
    """Every deadline there is, in words."""
    yield "", "—"
    for key, words in list_deadlines().items():
        yield BETWEEN.join(key), words


class PromiseForm(ModelForm):
    """Which deadline is one choice among those that there are, in place of the codes of a flow and a clock."""

    chosen = forms.ChoiceField(label=_("Deadline"), choices=choices, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "chosen" in self.fields and not self.instance._state.adding:
            self.fields["chosen"].initial = BETWEEN.join((self.instance.kind, self.instance.deadline))

    def clean(self) -> dict[str, Any]:
        """The codes of what was chosen; one figure for a deadline and an urgency."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if "chosen" not in given or "urgency" not in given:
            return given
        row = self.instance
        row.kind, row.deadline = given["chosen"].split(BETWEEN)
        others = PROMISE.objects.exclude(pk=row.pk)
        if others.filter(kind=row.kind, deadline=row.deadline, urgency=given["urgency"]).exists():
            self.add_error("chosen", TWICE)
        return given


class ByFlow(admin.SimpleListFilter):
    """The lengths of one flow's deadlines."""

    title, parameter_name = _("flow"), "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every flow there is."""
        return [(flow.kind, flow.label) for flow in FLOWS.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Its rows."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(PROMISE, site=site)
class PromiseAdmin(Master):
    """The operator's own lengths of deadlines, in place of the flows' defaults."""

    form = PromiseForm
    fields = ("chosen", "urgency", "amount", "unit")
    list_display = ("what", "urgency", "amount", "unit")
    list_filter = (ByFlow, "urgency")

    def words_of(self, row: Any) -> Words:
        """A flow and its deadline in words."""
        return {
            "kind": lambda kind: str(FLOWS[kind].label) if kind in FLOWS else kind,
            "deadline": lambda deadline: named(row.kind, deadline),
        }

    @admin.display(description=_("Deadline"), ordering="kind")
    def what(self, row: Any) -> str:
        """The deadline in words."""
        return named(row.kind, row.deadline)
