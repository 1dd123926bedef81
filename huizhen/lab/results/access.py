"""Who may look at results and decide about them. Every look at a person's result leaves an audit entry."""

from collections.abc import Iterable
from uuid import UUID

from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may
from huizhen.lab.results import queries
from huizhen.lab.results.models import Observation
from huizhen.lab.specimens.models import TestOrder, Tube
from huizhen.lab.specimens.queries import list_persons
from huizhen.people.organisations.access import may_anywhere, places_for

SEE = grant("lab:result:see", roles=("laboratory",))
REVIEW = grant("lab:result:review", roles=("laboratory",))


def access_tube(actor: Actor, barcode: str) -> Tube:
    """A tube with its results, for its laboratory and for the doctor who ordered it. Audited for each person in it.

    Raises:
        NotVisible: there is none, or not for this actor.
    """
    tube = Tube.objects.select_related("site", "laboratory", "campaign", "part_of").filter(barcode=barcode).first()
    if tube is None or not (may(actor, SEE, tube.laboratory_id) or _has_ordered(actor, tube)):
        raise NotVisible(barcode)
    _note_look(actor, [tube])
    return tube


def _note_look(actor: Actor, tubes: Iterable[Tube]) -> None:
    """Written down for each person in these tubes."""
    places = {tube.id: tube.laboratory_id for tube in tubes}
    for person in list_persons(places) if places else ():
        audit.record(
            actor, "lab.result.read", subject_kind="tube", subject_id=person.tube_id, patient_id=person.patient_id,
            organisation_id=places[person.tube_id],
        )  # fmt: skip


def _has_ordered(actor: Actor, tube: Tube) -> bool:
    return actor.account_id is not None and TestOrder.objects.filter(tube=tube, doctor=actor.account_id).exists()


def access_observation(actor: Actor, observation_id: UUID, *, to: str = REVIEW) -> Observation:
    """An observation, to decide about it.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but not to be decided by this actor.
    """
    found = queries.get_observation(observation_id)
    if found is None:
        raise NotVisible(observation_id)
    tube = access_tube(actor, found.tube.barcode)
    if not may(actor, to, tube.laboratory_id):
        raise NotAllowed(to)
    return found


def access_beside(actor: Actor, row: Observation, *, doubted: bool = False) -> tuple[list[Observation], int]:
    """What an observation, loaded by `access_tube`, contradicts in other tubes: those of the actor's laboratories, each
    look audited; and how many more are of other laboratories, of which nothing is shown. `doubted`: it was released,
    and an exception says that it contradicts one."""
    found = queries.list_beside(row) if doubted or "contradiction" in row.reasons else []
    shown = [one for one in found if may(actor, SEE, one.tube.laboratory_id)]
    _note_look(actor, [one.tube for one in shown])
    return shown, len(found) - len(shown)


def access_review(actor: Actor) -> list[UUID]:
    """The laboratories whose results the actor reviews.

    Raises:
        NotVisible: for patients. NotAllowed: for staff without such a role.
    """
    if not may_anywhere(actor, REVIEW):
        raise NotAllowed(REVIEW) if actor.memberships else NotVisible(REVIEW)
    return places_for(actor, REVIEW)
