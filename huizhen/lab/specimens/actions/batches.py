"""What a phone collected while it was on its own: tubes that come in order, each answered by itself, none twice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from huizhen.kernel.access import Actor, NotAllowed, NotVisible
from huizhen.lab.refused import Refused
from huizhen.lab.specimens import queries
from huizhen.lab.specimens.access import access_site
from huizhen.lab.specimens.actions.collect import collect_tube
from huizhen.lab.specimens.models import Site, Tube
from huizhen.lab.specimens.rules import Entry

# A phone whose clock stands further back says nothing about when; then the moment counts in which it arrived.
KEPT_AT_MOST = timedelta(days=14)


@dataclass(frozen=True)
class Sent:
    """A tube as the phone kept it. `client_id` is the phone's own key for it, the same in every retry."""

    client_id: UUID
    site_id: UUID
    barcode: str
    capacity: int
    persons: tuple[Entry, ...]
    panel: str
    collected_at: datetime
    campaign_id: UUID | None = None
    doctor: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of it: the tube, or field → code as `Refused` has it."""

    client_id: UUID
    tube: Tube | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether the server holds it: stored, or kept aside because its barcode is in use."""
        return self.tube is not None or self.errors.get("barcode") == "barcode_taken"


def collect_batch(sent: Iterable[Sent], *, actor: Actor, at: datetime) -> list[Taken]:
    """Store tubes one after the other; what is wrong with one stops none of the others, and nothing is raised for it.

    Sent again, each gives what it gave before.
    """
    sites: dict[UUID, Site | None] = {}
    return [_take(one, _site(one.site_id, sites, actor), actor, at) for one in sent]


def _site(site_id: UUID, known: dict[UUID, Site | None], actor: Actor) -> Site | None:
    if site_id not in known:
        try:
            known[site_id] = access_site(actor, site_id)
        except (NotVisible, NotAllowed):
            known[site_id] = None
    return known[site_id]


def _take(one: Sent, site: Site | None, actor: Actor, at: datetime) -> Taken:
    if site is None:
        return Taken(one.client_id, errors={"site": "unknown_site"})
    if one.campaign_id and not queries.is_campaign_of(one.campaign_id, site):
        return Taken(one.client_id, errors={"campaign": "unknown_campaign"})
    try:
        tube = collect_tube(
            site, client_id=one.client_id, barcode=one.barcode, capacity=one.capacity, persons=one.persons,
            panel_code=one.panel, collected_at=_moment(one.collected_at, at), campaign_id=one.campaign_id,
            doctor=one.doctor, actor=actor, at=at,
        )  # fmt: skip
    except Refused as error:
        return Taken(one.client_id, errors=error.errors)
    except NotAllowed:
        return Taken(one.client_id, errors={"site": "unknown_site"})
    return Taken(one.client_id, tube)


def _moment(said: datetime, at: datetime) -> datetime:
    return said if at - KEPT_AT_MOST < said <= at else at
