"""Loading a case for somebody: seen, or not there at all."""

from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible, may_on_case
from huizhen.kernel.flow.door import Stale
from huizhen.kernel.flow.language import FLOWS
from huizhen.kernel.flow.ledger import hold_one
from huizhen.kernel.flow.models import Audience, Case
from huizhen.kernel.flow.queries import get_capacities

PATIENT_CAPACITIES = frozenset({"patient", "family"})


def access_case(actor: Actor, case_id: UUID, *, to: str = "") -> Case:
    """The case, if the actor may see it and, where `to` names a permission, do that.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but this may not be done.
    """
    case = Case.objects.select_related("owner").filter(id=case_id).first()
    if case is None:
        raise NotVisible(case_id)
    capacities = get_capacities([case.id], actor.account_id).get(case.id, set())
    if not may_on_case(actor, FLOWS[case.kind].see, case, capacities):
        raise NotVisible(case_id)
    if to and not may_on_case(actor, to, case, capacities):
        raise NotAllowed(to)
    return case


def check_version(case_id: UUID, version: int) -> None:
    """Lock a case that has been accessed, in the caller's transaction, if it is still at the version somebody saw.

    Raises:
        Stale: it has changed since.
    """
    if hold_one(case_id).case.version != version:
        raise Stale


def audience_of(actor: Actor, case: Case) -> Audience:
    """Which timeline and conversation entries the actor may see: the team's, the staff's, or the patient's."""
    capacities = get_capacities([case.id], actor.account_id).get(case.id, set())
    on_team = any(
        m.organisation_id == case.team_organisation_id and m.role in ("coordinator", "team_lead")
        for m in actor.memberships
    )
    if actor.is_system or on_team:
        return Audience.TEAM
    if capacities and capacities <= PATIENT_CAPACITIES:
        return Audience.PATIENT
    return Audience.STAFF if capacities or actor.memberships else Audience.PATIENT
