"""What the actions of people refuse, in words for an administrator."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from huizhen.kernel.access import NotAllowed
from huizhen.people.accounts.actions import NameTaken
from huizhen.people.accounts.rules import BadPhone
from huizhen.people.credentials.actions import BadLicence
from huizhen.people.organisations.actions import CodeTaken, DoesNotFit, RolesClash
from huizhen.people.seen import ChangedMeanwhile

SENTENCES: dict[type[Exception], Any] = {
    DoesNotFit: _("An organisation of this kind cannot lie there. Nothing was changed."),
    CodeTaken: _("Another organisation has this code. Nothing was changed."),
    BadLicence: _("The licence would end before it begins. Nothing was changed."),
    ChangedMeanwhile: _("Somebody else changed this meanwhile. Nothing was changed; open it again to see it."),
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
