"""A form whose thing somebody else has changed since the page was opened: said plainly, with what stands there now."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.forms import DecimalField, Form, MultipleChoiceField
from django.utils.translation import gettext as _

from huizhen.console.centre.history import NOTHING, show


def say_meanwhile(form: Form, present: Mapping[str, Any]) -> None:
    """Keep what was typed, and say beside each field what stands there now where it differs. Saving again is then
    meant: the page carries the stamp of what it shows."""
    form.add_error(
        None,
        _(
            "Somebody else has changed this since you opened the page. Nothing of yours was saved yet; what you typed"
            " is still here, and beside it what stands there now. Save again to put yours in its place."
        ),
    )
    typed = dict(form.cleaned_data)
    for name, value in present.items():
        if name in typed and _read(form, name, typed[name]) != (stands := _read(form, name, value)):
            form.add_error(name, _("Now stands here: %(value)s") % {"value": stands})


def _read(form: Form, name: str, value: Any) -> str:
    """A value as the reader reads it: of a choice what the form calls it."""
    field: Any = form.fields[name]
    offered: dict[Any, Any] = dict(field.choices) if hasattr(field, "choices") else {}
    if isinstance(field, MultipleChoiceField):
        return " · ".join(str(offered.get(one, one)) for one in value) or NOTHING
    if isinstance(field, DecimalField):
        return str(Decimal(str(value)).quantize(Decimal("0.01")))
    return str(offered[value]).strip() if value in offered else show(name, value)
