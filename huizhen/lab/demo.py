"""The demonstration's laboratory: a county hospital's, with two sites, a morning of specimens and some trouble.

All names and numbers are invented; the codes of regions in the identity numbers are those of no real county.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from huizhen.kernel.access import SYSTEM
from huizhen.kernel.ids import check_character
from huizhen.lab.catalogue.actions import load_shipped
from huizhen.lab.catalogue.models import Panel
from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.instruments.readings import Kind, Reading
from huizhen.lab.reporting import actions as reporting
from huizhen.lab.reporting.fakes import Platform
from huizhen.lab.reporting.models import Upstream
from huizhen.lab.reporting.sending import catch_up
from huizhen.lab.results import actions as results
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.specimens.models import Campaign, Site, Tube
from huizhen.lab.specimens.rules import Entry
from huizhen.people.organisations.queries import list_organisations

NAMES = (
    "赵小兰",
    "钱学义",
    "孙玉珍",
    "李长河",
    "周佩文",
    "吴海生",
    "郑秋菊",
    "王立冬",
    "冯春燕",
    "陈望山",
    "褚明远",
    "卫思齐",
)
SITES = {"0101": ("白石镇卫生院采样点", "QS-B"), "0102": ("县医院门诊采血处", "QS-1")}
LABORATORY = "QS-1"
MADE = UUID("5e0c1c5a-7d4f-5c55-9f1b-2f1f4d0b6a11")
BLOOD = {"WBC": "6.4", "RBC": "4.52", "HGB": "131", "HCT": "40.1", "MCV": "88.7", "PLT": "214"}


def load(at: datetime) -> Iterator[str]:
    """Make what is missing and tell of it; a second run changes nothing."""
    load_shipped()
    places = {row.code: row.pk for row in list_organisations()}
    sites = [_site(code, name, places[place], places[LABORATORY]) for code, (name, place) in SITES.items()]
    if Tube.objects.filter(site__in=sites).exists():
        return
    Campaign.objects.create(
        organisation_id=places["QS"], name="白石镇全员检测", panel=Panel.objects.get(code="NCOV"), capacity=10,
        begins_on=at.date() - timedelta(days=1), ends_on=at.date() + timedelta(days=14),
    )  # fmt: skip
    upstream = Upstream.objects.create(
        organisation_id=places["QS"], name="省检验结果平台", format="fhir", url="http://127.0.0.1:8790/batches"
    )
    _pools(sites[0], at)
    _blood(sites[1], at)
    results.ensure_partitions(at=at)
    exceptions.look(at=at)
    reporting.enlist(at=at)
    catch_up(upstream, Platform())
    yield f"laboratory: {Tube.objects.count()} tubes at two sites, some trouble · /lab/bench/ as ye.qing"


def _site(code: str, name: str, organisation_id: UUID, laboratory_id: UUID) -> Site:
    found, _is_new = Site.objects.get_or_create(
        code=code, defaults={"name": name, "organisation_id": organisation_id, "laboratory_id": laboratory_id}
    )
    return found


def _pools(site: Site, at: datetime) -> None:
    """Three mixed tubes: two negative, one not; and a result for a label that nobody registered."""
    tubes = [_collect(site, f"POOL-{n:04d}", 10, range(n * 10, n * 10 + 10), "NCOV", at) for n in range(1, 4)]
    _take("pools", at - timedelta(hours=1), [
        Reading("NC-20", "NCOV", value="Not detected", kind=Kind.CONTROL),
        Reading("PC-20", "NCOV", value="Detected", kind=Kind.CONTROL),
        Reading(tubes[0].barcode, "NCOV", value="Not detected"),
        Reading(tubes[1].barcode, "NCOV", value="Not detected"),
        Reading(tubes[2].barcode, "NCOV", value="Detected"),
        Reading("POOL-0099", "NCOV", value="Not detected"),
    ], site)  # fmt: skip


def _blood(site: Site, at: datetime) -> None:
    """Blood counts: one as it should be, one with a critical value, one that cannot be true."""
    tubes = [_collect(site, f"CBC-{n:04d}", 1, range(60 + n, 61 + n), "CBC", at) for n in range(1, 4)]
    lines = [Reading(tube.barcode, code, value=value) for tube in tubes[:1] for code, value in BLOOD.items()]
    lines += [Reading(tubes[1].barcode, "HGB", value="46"), Reading(tubes[2].barcode, "PLT", value="9999")]
    _take("blood", at - timedelta(minutes=40), lines, site)


def _collect(site: Site, barcode: str, capacity: int, persons: range, panel: str, at: datetime) -> Tube:
    return specimens.collect_tube(
        site, client_id=uuid5(MADE, barcode), barcode=barcode, capacity=capacity, panel_code=panel,
        persons=[_person(number) for number in persons], collected_at=at - timedelta(hours=3), actor=SYSTEM,
        at=at - timedelta(hours=3),
    )  # fmt: skip


def _person(number: int) -> Entry:
    born = date(1950 + number * 7 % 60, 1 + number % 12, 1 + number % 28)
    body = f"429900{born:%Y%m%d}{number * 2 % 1000:03d}"
    return Entry(name=NAMES[number % len(NAMES)], number=body + check_character(body))


def _take(name: str, at: datetime, lines: list[Reading], site: Site) -> None:
    results.take(
        lines, message_id=uuid5(MADE, name), instrument_id=None, laboratory_id=site.laboratory_id, at=at
    )  # fmt: skip
