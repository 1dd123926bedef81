"""The two sides of people and places."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from huizhen.console.shapes import Tab


def tabs(here: str) -> list[Tab]:
    """People and organisations; `here` is the address of the one that is open."""
    sides = ((pgettext("navigation", "Staff"), "/centre/people/"), (_("Organisations"), "/centre/organisations/"))
    return [Tab(label, href, href == here) for label, href in sides]
