"""Who may watch instruments, read what they sent, and look after them."""

from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, may
from huizhen.lab.instruments.in_use import get_profile, list_holders, path_of
from huizhen.lab.instruments.models import Instrument, RawMessage
from huizhen.lab.instruments.profile import BadProfile, new_profile
from huizhen.lab.instruments.queries import newest_with_payload
from huizhen.lab.instruments.refused import Refused
from huizhen.lab.instruments.replay import REPLAYED, Replayed, compare, name_seen
from huizhen.people.organisations.access import may_for_house, places_for

WATCH = grant("lab:instrument:watch", roles=("laboratory", "operator"))
READ = grant("lab:instrument:read", roles=("laboratory",))  # what was sent: health data
MANAGE = grant("lab:instrument:manage", roles=("laboratory",))


def access_wall(actor: Actor) -> list[UUID]:
    """The places whose instruments the actor may watch. Raises NotVisible where there are none."""
    places = places_for(actor, WATCH)
    if not places:
        raise NotVisible("instruments")
    return places


def access_instrument(actor: Actor, instrument_id: UUID, *, to: str = WATCH) -> Instrument:
    """Load an instrument to watch it, to read its messages (`READ`) or to look after it (`MANAGE`).

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, and no more.
    """
    found = Instrument.objects.select_related("organisation").filter(id=instrument_id).first()
    if found is None or not may(actor, WATCH, found.organisation_id):
        raise NotVisible(instrument_id)
    if not may(actor, to, found.organisation_id):
        raise NotAllowed(to)
    return found


def access_message(actor: Actor, message_id: UUID) -> RawMessage:
    """Load a stored message to read it, and leave an audit entry.

    Raises:
        NotVisible: there is none, it has no known sender, or it is not for this actor. NotAllowed: see `READ`.
    """
    found = RawMessage.objects.select_related("instrument").filter(id=message_id).first()
    if found is None or found.instrument is None:
        raise NotVisible(message_id)
    instrument = access_instrument(actor, found.instrument.id, to=READ)
    audit.record(
        actor, "lab.instruments.message_read", subject_kind="raw_message", subject_id=found.id,
        organisation_id=instrument.organisation_id, at=clock.now(),
    )  # fmt: skip
    return found


def access_managing(actor: Actor) -> list[UUID]:
    """Where the actor may register instruments. Raises NotVisible, and NotAllowed for who may only watch."""
    access_wall(actor)
    places = managed_places(actor)
    if not places:
        raise NotAllowed(MANAGE)
    return places


def list_owners(actor: Actor, instrument: Instrument) -> list[UUID]:
    """The organisations a version can belong to that this actor puts into use for an instrument, the nearest first: it
    would hold for the instrument, and its instruments are the actor's to look after."""
    return [place for place in list_holders(instrument) if may(actor, MANAGE, place)]


def access_owner(actor: Actor, instrument: Instrument, owner: UUID) -> UUID:
    """The organisation that a version is to belong to. `instrument` was loaded by `access_instrument(…, to=MANAGE)`.

    Raises:
        NotVisible: it does not stand above the instrument, or the actor does not look after its instruments.
    """
    if owner not in path_of(instrument.organisation_id) or not may(actor, MANAGE, owner):
        raise NotVisible(owner)
    return owner


def usual_owner(actor: Actor, instrument: Instrument) -> UUID:
    """Whose version the next one is unless the actor says otherwise: of whom the one in use is, where the actor may
    change that; else of where the instrument stands."""
    current = get_profile(instrument)
    owners = list_owners(actor, instrument)
    return current.owner if current and current.owner in owners else instrument.organisation_id


def access_replay(
    actor: Actor, instrument: Instrument, text: str, owner: UUID, limit: int = REPLAYED
) -> Replayed:  # fmt: skip
    """Try a changed profile on the newest messages of an instrument; noted, because it opens them. Writes nothing.

    `instrument` was loaded by `access_instrument(…, to=MANAGE)`, `owner` by `access_owner`. Raises Refused: the text is
    no profile.
    """
    if not may(actor, READ, instrument.organisation_id):
        raise NotAllowed(READ)
    before = get_profile(instrument)
    try:
        after = new_profile(text)
    except BadProfile as error:
        raise Refused("text", "bad", str(error)) from error
    messages = newest_with_payload(instrument.id, limit)
    audit.record(
        actor, "lab.instruments.messages_replayed", subject_kind="instrument", subject_id=instrument.id,
        organisation_id=instrument.organisation_id, data={"messages": len(messages)}, at=clock.now(),
    )  # fmt: skip
    changes = tuple(compare(messages, before or after, after))
    return Replayed(len(messages), changes, name_seen(messages, before, text, owner))


def managed_places(actor: Actor) -> list[UUID]:
    """Where the actor looks after instruments."""
    return places_for(actor, MANAGE)


def access_strangers(actor: Actor) -> None:
    """May see who sends without being registered. They belong to no place yet, so it takes the whole house.

    Raises:
        NotVisible: this actor may not.
    """
    if not may_for_house(actor, MANAGE):
        raise NotVisible("strangers")


def may_see_strangers(actor: Actor) -> bool:
    """Whether `access_strangers` would let this actor in."""
    return may_for_house(actor, MANAGE)
