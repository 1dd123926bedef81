"""The form of an opinion template: its words, and its items one below the other, each asked in both languages."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from huizhen.console.choices import offer
from huizhen.consult.joint.findings import actions
from huizhen.consult.joint.findings.rules import LONGEST_LABEL, MOST_ITEMS
from huizhen.people.credentials.queries import list_specialties

KINDS = [
    ("choice", gettext_lazy("One of several choices")),
    ("several", gettext_lazy("Any number of choices")),
    ("number", gettext_lazy("A number")),
    ("text", gettext_lazy("A few words")),
]
PREFIX = "item"
LONGEST_KEY = 27
LEAST_CHOICES = 2


class TemplateForm(forms.Form):
    """What a template is called, and for whom."""

    name = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=60)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=80)
    specialty = forms.ChoiceField(label=gettext_lazy("Offered in consultations of"), required=False)
    active = forms.BooleanField(
        label=pgettext_lazy("template", "Offered"), required=False, initial=True,
        help_text=gettext_lazy("Not ticked: no new opinion begins with it. Those that were begun go on."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "specialty", [("", _("All specialties")), *list_specialties()])

    @staticmethod
    def read(row: Any) -> dict[str, Any]:
        """A template as the form shows it."""
        return {"name": row.name, "name_en": row.name_en, "specialty": row.specialty_id or "", "active": row.active}

    def store(self, code: str, items: list[dict[str, Any]], by: dict[str, Any]) -> Any:
        """Save it and return it, or say in the form why not."""
        try:
            return actions.save_template(code=code, items=items, **self.cleaned_data, **by)
        except actions.NameTaken:
            self.add_error("name", _("Another template of this specialty has this name."))
            return None


class ItemForm(forms.Form):
    """One item: what is asked, and which answers fit."""

    may_be_half = True  # so nothing is marked as optional: what is needed goes by the kind

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=31)
    label = forms.CharField(label=gettext_lazy("Asked in Chinese"), max_length=LONGEST_LABEL)
    label_en = forms.CharField(label=gettext_lazy("Asked in English"), max_length=LONGEST_LABEL)
    kind = forms.ChoiceField(label=gettext_lazy("Answered by"), choices=KINDS, initial="choice")
    required = forms.BooleanField(label=gettext_lazy("Needed for signing"), required=False)
    choices = forms.CharField(
        label=gettext_lazy("Choices"), required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("One a line, Chinese | English."),
    )  # fmt: skip
    unit = forms.CharField(label=gettext_lazy("Unit"), required=False, max_length=20)
    least = forms.FloatField(label=gettext_lazy("At least"), required=False)
    most = forms.FloatField(label=gettext_lazy("At most"), required=False)

    def clean(self) -> dict[str, Any]:
        """What an item of this kind needs besides."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("kind") in ("choice", "several"):
            self._check_choices(data.get("choices", ""))
        least, most = data.get("least"), data.get("most")
        if data.get("kind") == "number" and None not in (least, most) and not float(least or 0) < float(most or 0):
            self.add_error("most", _("More than the least is needed."))
        return data

    def _check_choices(self, text: str) -> None:
        pairs = read_choices(text)
        names = [name for name, _english in pairs]
        if len(pairs) < LEAST_CHOICES:
            self.add_error("choices", _("At least two choices are needed, one a line."))
        elif any(not name or not english for name, english in pairs):
            self.add_error("choices", _("Each line needs both languages with a | between them."))
        elif len(set(names)) < len(names):
            self.add_error("choices", _("A choice stands there twice."))


class Items(BaseFormSet):
    """All items; their order is that of the page."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Each item is filled in, also one that was just added."""
        return {**super().get_form_kwargs(index), "empty_permitted": False}

    def clean(self) -> None:
        """There is something to ask."""
        if not self.forms:
            raise forms.ValidationError(_("Add at least one item."))


ItemForms = formset_factory(ItemForm, formset=Items, extra=0, max_num=MOST_ITEMS, validate_max=True)


def draw(rows: Iterable[Mapping[str, Any]]) -> Any:
    """The items as forms, not yet asked whether they are right."""
    return ItemForms(initial=list(rows), prefix=PREFIX)


def read_rows(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What stands in the items' fields, as it was typed."""
    total = data.get(f"{PREFIX}-TOTAL_FORMS", "0")
    number = min(int(total) if total.isdecimal() else 0, MOST_ITEMS)
    return [{name: data.get(f"{PREFIX}-{n}-{name}", "") for name in ItemForm.base_fields} for n in range(number)]


def to_row(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of a template as its form shows it."""
    choices = "\n".join(f"{one['label']} | {one['label_en']}" for one in item.get("choices", ()))
    return {**{name: item.get(name) for name in ItemForm.base_fields}, "choices": choices}


def to_items(rows: Iterable[Mapping[str, Any]], before: Iterable[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Items as a template keeps them, from the cleaned rows of the form. `before`: the items as they stood, whose
    choices keep their codes where they keep their words."""
    codes = {item["key"]: {one["label"]: one["code"] for one in item.get("choices", ())} for item in before}
    taken: set[str] = {row["key"] for row in rows if row["key"]}
    made = []
    for row in rows:
        key = row["key"] or _unused(row["label_en"], taken, "item")
        taken.add(key)
        item = {"key": key, "kind": row["kind"], "label": row["label"], "label_en": row["label_en"]}
        if row["kind"] in ("choice", "several"):
            item["choices"] = _code(read_choices(row["choices"]), codes.get(key, {}))
        if row["kind"] == "number":
            item |= {name: _plain(row[name]) for name in ("unit", "least", "most") if row[name] not in (None, "")}
        made.append(item | ({"required": True} if row["required"] else {}))
    return made


def read_choices(text: str) -> list[tuple[str, str]]:
    """The choices of a text with one a line: Chinese, English."""
    lines = [line.replace("｜", "|").partition("|") for line in text.splitlines() if line.strip()]
    return [(name.strip(), english.strip()) for name, _bar, english in lines]


def _code(pairs: list[tuple[str, str]], known: Mapping[str, str]) -> list[dict[str, str]]:
    taken = {known[name] for name, _english in pairs if name in known}
    made = []
    for name, english in pairs:
        code = known.get(name) or _unused(english, taken, "choice")
        taken.add(code)
        made.append({"code": code, "label": name, "label_en": english})
    return made


def _unused(words: str, taken: set[str], otherwise: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_0123456789")[:LONGEST_KEY].strip("_") or otherwise
    return next(name for name in (stem, *(f"{stem}_{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def _plain(value: Any) -> Any:
    """3.0 as 3, as it was typed."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
