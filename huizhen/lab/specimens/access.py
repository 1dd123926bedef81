"""Who may register, collect, send and receive."""

from typing import Any
from uuid import UUID

from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may
from huizhen.lab.specimens import pools
from huizhen.lab.specimens.models import Box, PersonList, Site, Tube
from huizhen.lab.specimens.rules import plain_barcode
from huizhen.people.organisations.access import may_anywhere, places_for

COLLECT = grant("lab:specimen:collect", roles=("collector", "laboratory"))
RECEIVE = grant("lab:specimen:receive", roles=("laboratory",))
VOID = grant("lab:specimen:void", roles=("laboratory",))
MIX = grant("lab:specimen:mix", roles=("laboratory",))
MASTER = grant("lab:catalogue:manage", roles=("system_admin",))


def access_site(actor: Actor, site_id: UUID, *, to: str = COLLECT) -> Site:
    """Load a collection site in use.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but this may not be done there.
    """
    site = Site.objects.filter(id=site_id, is_active=True).first()
    if site is None or not (may(actor, COLLECT, site.organisation_id) or may(actor, RECEIVE, site.laboratory_id)):
        raise NotVisible(site_id)
    place = site.laboratory_id if to == RECEIVE else site.organisation_id
    if not may(actor, to, place):
        raise NotAllowed(to)
    return site


def access_list(actor: Actor, list_id: UUID) -> PersonList:
    """Load a list of persons of a site where the actor collects. Raises NotVisible, NotAllowed."""
    found = PersonList.objects.select_related("site").filter(id=list_id).first()
    if found is None:
        raise NotVisible(list_id)
    access_site(actor, found.site_id)
    return found


def access_box(actor: Actor, code: str, *, to: str = RECEIVE) -> Box:
    """Load a box by the number written on it.

    Raises:
        NotVisible, NotAllowed: as `access_site`.
    """
    box = Box.objects.select_related("site").filter(code=code).first()
    if box is None:
        raise NotVisible(code)
    if may(actor, RECEIVE, box.laboratory_id):
        return box
    if not may(actor, COLLECT, box.site.organisation_id):
        raise NotVisible(code)
    if to == RECEIVE:
        raise NotAllowed(to)
    return box


def access_milestones(actor: Actor, barcode: str) -> Tube:
    """A tube to see how far it has come, for who collects at its site and for its laboratory.

    Raises:
        NotVisible: there is none, or not for this actor.
    """
    tube = Tube.objects.select_related("site", "box", "part_of").filter(barcode=plain_barcode(barcode)).first()
    if tube is None or not (may(actor, COLLECT, tube.site.organisation_id) or may(actor, RECEIVE, tube.laboratory_id)):
        raise NotVisible(barcode)
    return tube


def access_to_void(actor: Actor, barcode: str) -> Tube:
    """A tube to give it up, for its laboratory.

    Raises:
        NotVisible: as `access_milestones`. NotAllowed: seen, but it is not of one's laboratory.
    """
    tube = access_milestones(actor, barcode)
    if not may(actor, VOID, tube.laboratory_id):
        raise NotAllowed(VOID)
    return tube


def access_collecting(actor: Actor) -> list[UUID]:
    """The organisations where the actor collects. Raises NotVisible for patients, NotAllowed for other staff."""
    return _places(actor, COLLECT)


def access_retests(actor: Actor, *, after: UUID | None = None, limit: int = 50) -> tuple[list[Any], UUID | None]:
    """One page of the single re-tests of the actor's sites and laboratories, and the cursor of the next one, None on
    the last. Audited for each person. Raises as `access_collecting`."""
    sites, laboratories = access_collecting(actor), places_for(actor, RECEIVE)
    found = list(pools.list_open_retests(sites, laboratories, after=after)[: limit + 1])
    shown = found[:limit]
    for order in shown:
        audit.record(
            actor, "lab.retest.read", subject_kind="order", subject_id=order.id, patient_id=order.patient_id,
            organisation_id=order.house,
        )  # fmt: skip
    return shown, shown[-1].id if len(found) > limit else None


def access_mixing(actor: Actor) -> list[UUID]:
    """The laboratories in which the actor mixes single tubes. Raises as `access_collecting`."""
    return _places(actor, MIX)


def access_bench(actor: Actor) -> list[UUID]:
    """The laboratories in which the actor works. Raises as `access_collecting`."""
    return _places(actor, RECEIVE)


def _places(actor: Actor, permission: str) -> list[UUID]:
    if not may_anywhere(actor, permission):
        raise NotAllowed(permission) if actor.memberships else NotVisible(permission)
    return places_for(actor, permission)
