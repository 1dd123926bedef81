"""Who may open a record in an emergency, and who judges that they did."""

from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant
from huizhen.kernel.flow.access import access_case
from huizhen.people.credentials.queries import has_licence
from huizhen.people.organisations.access import may_anywhere, places_for
from huizhen.records.acting import day_of
from huizhen.records.emergency import queries
from huizhen.records.emergency.flow import REVIEWERS
from huizhen.records.emergency.models import EmergencyAccess

OPEN = grant("records:emergency:open", roles=("applicant", "expert", "department_head"))
LIST = grant("records:emergency:list", roles=REVIEWERS)


def check_doctor(actor: Actor) -> UUID:
    """The account of a doctor with a licence in force today.

    Raises:
        NotVisible: for patients and families. NotAllowed: no role for it, or no licence.
    """
    if not may_anywhere(actor, OPEN) or actor.account_id is None:
        raise NotAllowed(OPEN) if actor.memberships else NotVisible(OPEN)
    if not has_licence(actor.account_id, on=day_of(clock.now())):
        raise NotAllowed(OPEN)
    return actor.account_id


def access_reviews(actor: Actor) -> list[UUID]:
    """The organisations whose emergency accesses the actor judges. Raises NotVisible, NotAllowed."""
    places = places_for(actor, LIST)
    if not places:
        raise NotAllowed(LIST) if actor.memberships else NotVisible(LIST)
    return places


def access_emergency(actor: Actor, case_id: UUID, *, to: str = "") -> EmergencyAccess:
    """One emergency access, for those who judge it and for the doctor. The reason is health data: the look is noted.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but not to be judged by the actor.
    """
    found = queries.get_access(case_id)
    if found is None:
        raise NotVisible(case_id)
    access_case(actor, case_id, to=to)
    if to and found.account_id == actor.account_id:
        raise NotAllowed(to)
    audit.record(
        actor, "records.emergency.read", subject_kind="emergency", subject_id=found.id, patient_id=found.patient_id,
        case_id=case_id, organisation_id=found.case.organisation_id, at=clock.now(),
    )  # fmt: skip
    return found
