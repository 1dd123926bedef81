"""Who sees contracts, and who keeps them."""

from uuid import UUID

from huizhen.consult.contracts.models import Contract
from huizhen.consult.contracts.queries import get_contract
from huizhen.kernel.access import Actor, NotVisible, grant
from huizhen.people.organisations.access import check_anywhere

SEE = grant("consult:contract:see", roles=("coordinator", "team_lead", "operator", "system_admin"))
MANAGE = grant("consult:contract:manage", roles=("operator", "team_lead", "system_admin"))


def check_see(actor: Actor) -> None:
    """The actor works where contracts are looked at.

    Raises:
        NotAllowed: nowhere.
    """
    check_anywhere(actor, SEE)


def check_manage(actor: Actor) -> None:
    """The actor keeps contracts somewhere.

    Raises:
        NotAllowed: nowhere.
    """
    check_anywhere(actor, MANAGE)


def access_contract(actor: Actor, contract_id: UUID, *, hold: bool = False) -> Contract:
    """A contract, to be changed; `hold` locks its row until the caller's transaction ends.

    Raises:
        NotAllowed: the actor keeps no contracts. NotVisible: there is none.
    """
    check_manage(actor)
    found = get_contract(contract_id, hold=hold)
    if found is None:
        raise NotVisible(contract_id)
    return found
