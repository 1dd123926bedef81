"""Choices that are known only when a form is shown."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms


def offer(form: forms.BaseForm, field: str, choices: Iterable[Any]) -> None:
    """Let a form's choice field offer `choices`, pairs of value and words as Django has them."""
    cast(forms.ChoiceField, form.fields[field]).choices = list(choices)
