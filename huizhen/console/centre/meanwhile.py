"""A form whose thing somebody else has changed since the page was opened: said plainly, with what stands there now."""

from collections.abc import Mapping
from typing import Any

from django.forms import Form
from django.utils.translation import gettext as _

from huizhen.console.centre.history import show


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
        if name in typed and show(name, typed[name]) != show(name, value):
            form.add_error(name, _("Now stands here: %(value)s") % {"value": show(name, value)})
