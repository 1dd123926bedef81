"""Who may find experts and look after practitioners."""

from typing import Any
from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may
from huizhen.people.credentials.models import Practitioner
from huizhen.people.organisations.access import WORKERS_KEEP, may_keep

FIND = grant(
    "people:expert:find", roles=("coordinator", "team_lead", "department_head", "operator", "system_admin", "applicant")
)
WORKLOAD = grant("people:workload:see", roles=("coordinator", "team_lead", "department_head", "operator"))
MANAGE = grant("people:practitioner:manage", roles=("system_admin",))


def access_experts(actor: Actor) -> None:
    """Anybody with a role that looks for experts may search all of them: consultations cross organisations.

    Raises:
        NotAllowed: the actor has no such role anywhere.
    """
    if not actor.is_system and not any(may(actor, FIND, place.organisation_id) for place in actor.memberships):
        raise NotAllowed(FIND)


def access_workload(actor: Actor) -> None:
    """How much each expert has in hand is the business of those who share the work out, not of those who ask.

    Raises:
        NotVisible: the actor has no such role anywhere.
    """
    if not actor.is_system and not any(may(actor, WORKLOAD, place.organisation_id) for place in actor.memberships):
        raise NotVisible(WORKLOAD)


def may_manage(actor: Actor, doctor: Practitioner) -> bool:
    """Whether the actor keeps this doctor's data: where the doctor works, or as the operator who keeps the account."""
    return may(actor, MANAGE, doctor.organisation_id) or may_keep(actor, doctor.account_id, doctor.account.home_id)


def check_register(actor: Actor, account: Any, organisation_id: UUID) -> None:
    """Whether the actor may note that an account is a doctor at this organisation.

    Raises:
        NotAllowed: no.
    """
    if may(actor, MANAGE, organisation_id):
        return
    if not (may(actor, WORKERS_KEEP, organisation_id) and may_keep(actor, account.pk, account.home_id)):
        raise NotAllowed(MANAGE)


def access_practitioner(actor: Actor, practitioner_id: UUID, *, to: str) -> Practitioner:
    """Load a practitioner for `MANAGE`, or for `FIND`; one may always load oneself.

    Raises:
        NotVisible: there is none, or the actor does not look for experts.
        NotAllowed: the actor may see the practitioner, no more.
    """
    found = Practitioner.objects.select_related("account", "organisation").filter(pk=practitioner_id).first()
    if found is None:
        raise NotVisible(practitioner_id)
    own = actor.account_id is not None and found.account_id == actor.account_id
    if own or may(actor, to, found.organisation_id) or (to == MANAGE and may_manage(actor, found)):
        return found
    try:
        access_experts(actor)
    except NotAllowed:
        raise NotVisible(practitioner_id) from None
    if to == FIND:
        return found
    raise NotAllowed(to)
