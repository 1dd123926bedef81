"""Who keeps the master data of panels."""

from huizhen.kernel.access import Actor, grant
from huizhen.people.organisations.access import check_anywhere

MANAGE = grant("consult:panel:manage", roles=("operator", "team_lead", "system_admin"))


def check_manage(actor: Actor) -> None:
    """The actor keeps panels somewhere; they hold for the whole house.

    Raises:
        NotAllowed: nowhere.
    """
    check_anywhere(actor, MANAGE)
