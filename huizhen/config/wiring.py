"""The one list of what is joined at start-up: modules that react to events, and implementations of the kernel's ports.

Imported by `ConfigConfig.ready`, when all tables are known; importing the modules below is what joins them.
"""

from django.conf import settings

from huizhen.kernel.access import set_directory
from huizhen.people.accounts import effects as accounts_effects
from huizhen.people.accounts import jobs as accounts_jobs
from huizhen.people.accounts.fakes import ScreenSender
from huizhen.people.accounts.ports import set_code_sender
from huizhen.people.organisations.directory import PeopleDirectory

EFFECTS = (accounts_effects, accounts_jobs)


def wire() -> None:
    """Join the ports."""
    set_directory(PeopleDirectory())
    if settings.DEMO:
        set_code_sender(ScreenSender())
