"""Who may compare, join and take apart: who holds the permission where both people are registered."""

from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may
from huizhen.people.organisations.access import places_for
from huizhen.records.merging import queries
from huizhen.records.merging.models import Likeness, Merge
from huizhen.records.patients.access import READ
from huizhen.records.patients.models import Patient

MERGE = grant("records:patient:merge", roles=("department_head",))


def access_duplicates(actor: Actor) -> list[Likeness]:
    """The pairs to be compared at the actor's organisations.

    Raises:
        NotVisible: for patients and families. NotAllowed: for staff without the permission.
    """
    return queries.list_open(access_places(actor))


def access_places(actor: Actor) -> list[UUID]:
    """Where the actor may join records. Raises NotVisible, NotAllowed."""
    places = places_for(actor, MERGE)
    if not places:
        raise NotAllowed(MERGE) if actor.memberships else NotVisible(MERGE)
    return places


def access_likeness(actor: Actor, likeness_id: UUID) -> Likeness:
    """A pair, to be compared; an audit entry for each of the two.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: both may be read, but not joined.
    """
    found = queries.get_likeness(likeness_id)
    if found is None:
        raise NotVisible(likeness_id)
    check_pair(actor, found.first, found.second)
    note_look(actor, found.first, found.second)
    return found


def access_pair(actor: Actor, survivor_id: UUID, replaced_id: UUID) -> tuple[Patient, Patient]:
    """Two records to be joined, in this order, each as it is, also where it was joined before; an audit entry for each.

    Raises:
        NotVisible: one is not there for this actor. NotAllowed: both may be read, but not joined.
    """
    found = Patient.objects.filter(retired_at=None).in_bulk([survivor_id, replaced_id])
    if len(found) < len({survivor_id, replaced_id}):
        raise NotVisible
    survivor, replaced = found[survivor_id], found[replaced_id]
    check_pair(actor, survivor, replaced)
    note_look(actor, survivor, replaced)
    return survivor, replaced


def access_merge(actor: Actor, merge_id: UUID) -> Merge:
    """A merge, to look at it or to undo it. Raises NotVisible, NotAllowed."""
    found = queries.get_merge(merge_id)
    if found is None:
        raise NotVisible(merge_id)
    check_pair(actor, found.survivor, found.replaced)
    note_look(actor, found.survivor, found.replaced)
    return found


def may_merge(actor: Actor, *patients: Patient) -> bool:
    """Whether the actor may join these records, or take them apart."""
    return all(may(actor, MERGE, one.organisation_id) for one in patients)


def check_pair(actor: Actor, *patients: Patient) -> None:
    """Whoever may not read one of the two learns nothing of it. Raises NotVisible, NotAllowed."""
    if not all(may(actor, READ, one.organisation_id) for one in patients):
        raise NotVisible
    if not may_merge(actor, *patients):
        raise NotAllowed(MERGE)


def note_look(actor: Actor, *patients: Patient) -> None:
    """One audit entry for each."""
    for one in patients:
        audit.record(
            actor, "records.patient.compared", subject_kind="patient", subject_id=one.id, patient_id=one.id,
            organisation_id=one.organisation_id, at=clock.now(),
        )  # fmt: skip
