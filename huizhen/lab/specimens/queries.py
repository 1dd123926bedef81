"""Reads of specimens: tubes by barcode for the matcher, counts of a day, orders for instruments."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from huizhen.kernel.crypto import blind
from huizhen.kernel.statements import ask
from huizhen.lab.specimens.models import (
    CAPACITIES,
    Box,
    Campaign,
    Clash,
    Doubt,
    PersonList,
    Site,
    TestOrder,
    Tube,
    TubePerson,
    UnknownScan,
)
from huizhen.lab.specimens.pools import is_tested_alone
from huizhen.people.accounts.queries import get_account, get_staff
from huizhen.people.organisations.queries import (
    Colleague,
    covers,
    get_node,
    hospital_of,
    list_at_hospital,
    list_memberships,
)

CAPACITY_CHOICES = CAPACITIES
DOCTORS = frozenset({"applicant", "expert", "team_lead", "department_head"})  # roles that order tests
# One statement for a whole batch. Sex and birth date are those of the only person of a single tube.
RESOLVE = """
SELECT t.id, t.barcode, t.capacity, t.laboratory_id, t.collected_at, t.tested_at, t.voided_at,
       p.patient_id, p.person, r.sex, r.birth_on,
       ARRAY(SELECT o.panel_id FROM lab_testorder o WHERE o.tube_id = t.id),
       (SELECT o.doctor_id FROM lab_testorder o WHERE o.tube_id = t.id AND o.doctor_id IS NOT NULL LIMIT 1)
  FROM lab_tube t
  LEFT JOIN lab_tubeperson p ON p.tube_id = t.id AND t.capacity = 1
  LEFT JOIN records_patient r ON r.id = p.patient_id
 WHERE t.barcode = ANY(%s)
"""
# In one order, so that two matchers wait for each other and never for each other's second tube.
LOCKED = RESOLVE + " ORDER BY t.id FOR NO KEY UPDATE OF t"
SEATS = "SELECT tube_id, patient_id, person FROM lab_tubeperson WHERE tube_id = ANY(%s) ORDER BY tube_id, seat"
# What was mixed in the laboratory is no specimen of its own: its single tubes are counted, and come as far as it does.
COUNTS = """
SELECT count(*), count(box_id), count(received_at), count(tested), count(released_at), coalesce(sum(n), 0)
  FROM (SELECT t.*, coalesce(t.tested_at, pool.tested_at) AS tested,
               (SELECT count(*) FROM lab_tubeperson p WHERE p.tube_id = t.id) AS n
          FROM lab_tube t LEFT JOIN lab_tube pool ON pool.id = t.part_of_id
         WHERE t.laboratory_id = ANY(%s) AND t.collected_at >= %s AND t.collected_at < %s AND t.voided_at IS NULL
           AND (t.capacity = 1 OR NOT EXISTS (SELECT 1 FROM lab_tube s WHERE s.part_of_id = t.id))) tube
"""


@dataclass(frozen=True)
class Resolved:
    """A tube as the matcher needs it. Patient, person, sex and birth date only for a tube of one."""

    id: UUID
    barcode: str
    capacity: int
    laboratory_id: UUID
    collected_at: datetime
    tested_at: datetime | None
    voided_at: datetime | None
    patient_id: UUID | None
    person: UUID | None
    sex: str | None
    birth_on: date | None
    panels: tuple[int, ...]
    doctor_id: UUID | None


@dataclass(frozen=True)
class Hops:
    """How many tubes of a day came how far, and how many persons sit in them."""

    collected: int
    boxed: int
    received: int
    tested: int
    released: int
    persons: int


def person_key(patient_id: UUID) -> UUID:
    """The key under which a person's results stand in the narrow table of the look-up: a keyed fingerprint, so that
    the table alone says nothing about anybody."""
    return UUID(bytes=blind(str(patient_id), purpose="lab.person")[:16])


def resolve(barcodes: Iterable[str]) -> dict[str, Resolved]:
    """The tubes behind these barcodes, by barcode; unknown ones are missing."""
    return _resolve(RESOLVE, barcodes)


def resolve_locked(barcodes: Iterable[str]) -> dict[str, Resolved]:
    """As `resolve`, with the tubes locked in the caller's transaction."""
    return _resolve(LOCKED, barcodes)


def _resolve(statement: str, barcodes: Iterable[str]) -> dict[str, Resolved]:
    found = {}
    for *columns, panels, doctor_id in ask(statement, [list(barcodes)]):
        tube = Resolved(*[*columns, tuple(panels), doctor_id])
        found[tube.barcode] = tube
    return found


def count_hops(laboratory_ids: Sequence[UUID], since: datetime, until: datetime) -> Hops:
    """The counts of tubes collected from `since` to before `until`, wherever they are now."""
    return Hops(*ask(COUNTS, [list(laboratory_ids), since, until])[0])


def get_tube(barcode: str) -> Tube | None:
    """The tube of a barcode."""
    return Tube.objects.select_related("site", "campaign").filter(barcode=barcode).first()


def is_worn(barcode: str, *, by_other_than: UUID | None = None) -> bool:
    """Whether a tube has this barcode already, not counting one of them."""
    found = Tube.objects.filter(barcode=barcode)
    return (found.exclude(id=by_other_than) if by_other_than else found).exists()


def list_tubes(tube_ids: Iterable[UUID]) -> list[Tube]:
    """These tubes with their sites."""
    return list(Tube.objects.filter(id__in=list(tube_ids)).select_related("site").order_by("id"))


def list_persons(tube_ids: Iterable[UUID]) -> list[TubePerson]:
    """Who is in these tubes, by seat."""
    return list(
        TubePerson.objects.filter(tube_id__in=list(tube_ids)).select_related("patient").order_by("tube", "seat")
    )


def list_seats(tube_ids: Iterable[UUID]) -> dict[UUID, list[tuple[UUID, UUID]]]:
    """Who is in these tubes, by tube and seat: the patient's key and the one results are looked up under."""
    found: dict[UUID, list[tuple[UUID, UUID]]] = defaultdict(list)
    for tube_id, patient_id, person in ask(SEATS, [list(tube_ids)]):
        found[tube_id].append((patient_id, person))
    return found


def count_persons(tube_id: UUID) -> int:
    """How many persons are in a tube."""
    return TubePerson.objects.filter(tube_id=tube_id).count()


def list_sites(organisation_ids: Iterable[UUID]) -> QuerySet[Site]:
    """Sites in use of these organisations, by code."""
    return Site.objects.filter(organisation_id__in=list(organisation_ids), is_active=True).order_by("code")


def list_laboratories() -> list[UUID]:
    """The laboratories that test for any site, also for one that is out of use now."""
    return list(Site.objects.order_by().values_list("laboratory_id", flat=True).distinct())


def list_campaigns(organisation_ids: Iterable[UUID], on: date) -> QuerySet[Campaign]:
    """Campaigns of these organisations that run on a day."""
    found = Campaign.objects.filter(organisation_id__in=list(organisation_ids), begins_on__lte=on, ends_on__gte=on)
    return found.select_related("panel").order_by("-begins_on", "name")


def list_campaigns_for(sites: Iterable[Site], on: date) -> QuerySet[Campaign]:
    """Campaigns that run on a day at these sites: of their organisations and of whatever these belong to."""
    nodes = [get_node(site.organisation_id) for site in sites]
    return list_campaigns({above for node in nodes if node for above in node.path}, on)


def is_campaign_of(campaign_id: UUID, site: Site) -> bool:
    """Whether a campaign is one of the site's organisation, or of one it belongs to; also one that has ended, because
    what was collected in it may come late."""
    campaign, node = Campaign.objects.filter(id=campaign_id).first(), get_node(site.organisation_id)
    return bool(campaign and node and campaign.organisation_id in node.path)


def list_doctors(sites: Iterable[Site]) -> dict[UUID, list[Colleague]]:
    """Who may order at these sites, by site: the doctors of its hospital, departments included, each once, by name.
    Sites of one hospital are asked about together."""
    houses = {site.id: _house(site) for site in sites}
    found = {house: list_at_hospital(house, DOCTORS) for house in set(houses.values())}
    return {key: found[house] for key, house in houses.items()}


def get_doctor(site: Site, said: str) -> UUID | None:
    """The account of a doctor of the site's hospital, by its key or by log-in name; none for anybody else."""
    account = get_staff(said)
    if account is None:
        try:
            account = get_account(UUID(said))
        except ValueError:
            return None
    if account is None or not account.is_active:
        return None
    house = _house(site)
    works = any(role in DOCTORS and covers(house, place) for role, place in list_memberships(account.pk))
    return account.pk if works else None


def _house(site: Site) -> UUID:
    return hospital_of(site.organisation_id) or site.organisation_id


def list_boxes(laboratory_ids: Iterable[UUID], *, received: bool = False) -> QuerySet[Box]:
    """Boxes on their way to these laboratories, or received there, the latest first."""
    found = Box.objects.filter(laboratory_id__in=list(laboratory_ids), received_at__isnull=not received)
    return found.select_related("site").order_by("-sealed_at")


def list_missing(box_id: UUID) -> list[str]:
    """The barcodes that were sealed in a box and have not come, in it or in another."""
    found = Tube.objects.filter(box_id=box_id, received_at=None, released_at=None, voided_at=None)
    return list(found.order_by("barcode").values_list("barcode", flat=True))


def list_loose_tubes(site_id: UUID) -> QuerySet[Tube]:
    """Tubes of a site that are in no box yet."""
    return Tube.objects.filter(site_id=site_id, box=None, received_at=None, voided_at=None).order_by("collected_at")


def list_boxes_of(site_ids: Iterable[UUID]) -> QuerySet[Box]:
    """Boxes sealed at these sites, the latest first."""
    return Box.objects.filter(site_id__in=list(site_ids)).select_related("site", "laboratory").order_by("-sealed_at")


def list_tubes_at_bench(laboratory_ids: Iterable[UUID], *, limit: int = 200) -> list[Tube]:
    """Tubes received and not released yet, the longest waiting first, with their orders and number of persons. For
    single tubes in a mixed one stands the mixed one; once that was not negative, they stand for themselves again."""
    found = Tube.objects.filter(
        is_tested_alone(), laboratory_id__in=list(laboratory_ids), received_at__isnull=False, released_at=None,
        voided_at=None,
    ).exclude(Exists(TestOrder.objects.filter(because_of=OuterRef("pk"))))  # fmt: skip
    found = found.annotate(headcount=Count("persons")).select_related("site").prefetch_related("orders__panel")
    return list(found.order_by("received_at", "barcode")[:limit])


def list_open_orders(barcode: str) -> list[TestOrder]:
    """What is still to be tested in a tube, for an instrument that asks; nothing while a mixed tube it is in stands
    for it."""
    found = TestOrder.objects.filter(
        is_tested_alone("tube__"), tube__barcode=barcode, tube__tested_at=None, tube__voided_at=None
    )
    return list(found.select_related("panel", "tube"))


def get_clash(clash_id: UUID) -> Clash | None:
    """A barcode used twice."""
    return Clash.objects.select_related("tube__site", "site").filter(id=clash_id).first()


def get_doubt(doubt_id: UUID) -> Doubt | None:
    """A doubt about a person."""
    return Doubt.objects.select_related("tube__site", "patient").filter(id=doubt_id).first()


def get_unknown(scan_id: UUID) -> UnknownScan | None:
    """A barcode that nobody has registered."""
    return UnknownScan.objects.select_related("box__site").filter(id=scan_id).first()


def list_untested(laboratory_id: UUID, *, before: datetime, since: datetime, limit: int) -> list[str]:
    """Barcodes of tubes received before then that no instrument has tested, the longest waiting first."""
    found = Tube.objects.filter(
        is_tested_alone(), laboratory_id=laboratory_id, received_at__lt=before, collected_at__gt=since, tested_at=None,
        released_at=None, voided_at=None,
    )  # fmt: skip
    return list(found.order_by("received_at", "barcode").values_list("barcode", flat=True)[:limit])


def list_testable(laboratory_id: UUID, barcodes: Iterable[str]) -> list[str]:
    """Those of these barcodes that are tubes of this laboratory and not given up, in order."""
    found = Tube.objects.filter(barcode__in=list(barcodes), laboratory_id=laboratory_id, voided_at=None)
    return list(found.order_by("barcode").values_list("barcode", flat=True))


def get_list(list_id: UUID) -> PersonList | None:
    """A list of persons on its way."""
    return PersonList.objects.select_related("site").filter(id=list_id).first()


def list_lists(site_ids: Iterable[UUID], *, limit: int = 10) -> list[PersonList]:
    """The last lists of these sites, without their contents."""
    found = PersonList.objects.filter(site_id__in=list(site_ids)).select_related("site", "asked_by")
    return list(found.defer("content", "faults").order_by("-asked_at")[:limit])
