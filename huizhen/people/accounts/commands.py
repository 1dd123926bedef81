"""`huizhen demo code` and `huizhen people first-admins`."""

import sys

from huizhen.kernel import clock
from huizhen.kernel.access import SYSTEM
from huizhen.people.accounts import actions, queries
from huizhen.people.organisations import actions as organisations
from huizhen.people.organisations import queries as tree
from huizhen.people.organisations.models import Kind
from huizhen.people.organisations.rules import ADMINISTRATORS


def demo_code(name: str) -> int:
    """Print the six digits that the authenticator app of a demonstration log-in shows now."""
    code = queries.get_demo_code(name, at=clock.now())
    if not code:
        sys.stderr.write(f"There is no demonstration log-in {name}, or this is not the demonstration.\n")
        return 1
    sys.stdout.write(f"{code}\n")
    return 0


def first_admins(organisation: str) -> int:
    """Make the root organisation of that name and its three administrators, and print their invitation links.

    Works once, in an empty house; afterwards administrators invite each other.
    """
    if tree.list_organisations().exists():
        sys.stderr.write("This house has administrators already; they invite the next ones.\n")
        return 1
    at = clock.now()
    root = organisations.create_organisation(
        actor=SYSTEM, at=at, parent_id=None, kind=Kind.PLATFORM, name=organisation, code="ROOT", is_centre=True
    )
    for role in sorted(ADMINISTRATORS):
        username = str(role).replace("_", ".")
        account = actions.create_staff(actor=SYSTEM, at=at, username=username, name=username, organisation_id=root.pk)
        organisations.add_membership(account.pk, root.pk, role, actor=SYSTEM, at=at)
        link = actions.invite(account.pk, actor=SYSTEM, at=at)
        sys.stdout.write(f"{username}: {link}\n")
    return 0
