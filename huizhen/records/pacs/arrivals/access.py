"""Who may say whose an arrived study is: those who add material to records of that hospital, in any department."""

from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, directory, grants
from huizhen.people.organisations.queries import hospital_of
from huizhen.records.pacs.arrivals.models import Arrival
from huizhen.records.patients.access import ADD


def access_arrivals(actor: Actor) -> set[UUID]:
    """The organisations whose arrivals the actor may see and assign.

    Raises:
        NotVisible: for patients and families. NotAllowed: for staff who add no material.
    """
    places = reach(actor)
    if not places:
        raise NotAllowed(ADD) if actor.memberships else NotVisible(ADD)
    return places


def reach(actor: Actor) -> set[UUID]:
    """The actor's hospitals with all below: a scanner belongs to the hospital, a doctor to a department of it."""
    held = grants[ADD].roles
    homes = {hospital_of(m.organisation_id) or m.organisation_id for m in actor.memberships if m.role in held}
    return {place for home in homes for place in directory().below(home)}


def access_arrival(actor: Actor, arrival_id: UUID) -> Arrival:
    """Load a study that came from a device. Raises NotVisible."""
    arrival = Arrival.objects.select_related("station").filter(id=arrival_id).first()
    if arrival is None or arrival.organisation_id not in reach(actor):
        raise NotVisible(arrival_id)
    audit.record(
        actor, "records.arrival.read", subject_kind="arrival", subject_id=arrival.id, patient_id=arrival.patient_id,
        organisation_id=arrival.organisation_id, at=clock.now(),
    )  # fmt: skip
    return arrival
