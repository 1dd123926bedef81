"""What the actions of people refuse, in words for an administrator."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from huizhen.kernel.access import NotAllowed
from huizhen.people.accounts.actions import NameTaken
from huizhen.people.accounts.rules import BadPhone
from huizhen.people.organisations.actions import DoesNotFit, RolesClash

SENTENCES: dict[type[Exception], Any] = {
    DoesNotFit: _("An organisation of this kind cannot lie there. Nothing was changed."),
    RolesClash: _(
        "This person holds the role already, or would hold two of the three administrator roles. Nothing was changed."
    ),
    NameTaken: _("This log-in name is in use or not allowed. Nothing was changed."),
    BadPhone: _("This is not a phone number. Nothing was changed."),
    NotAllowed: _("Your role does not allow this. Nothing was changed."),
}
KINDS = tuple(SENTENCES)


def sentence(error: Exception) -> str:
    """The sentence for a refusal."""
    return str(SENTENCES[type(error)])
