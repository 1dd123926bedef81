"""The demonstration's laboratory: a county hospital's, with two sites, its instruments, a morning of specimens in
every state, and some trouble.

All names and numbers are invented; the codes of regions in the identity numbers are those of no real county.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.ids import check_character
from huizhen.lab.catalogue.actions import load_shipped
from huizhen.lab.catalogue.models import Panel
from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.instruments.models import Instrument
from huizhen.lab.instruments.readings import Kind, Reading, Status
from huizhen.lab.refused import Refused
from huizhen.lab.reporting import actions as reporting
from huizhen.lab.reporting.fakes import Platform
from huizhen.lab.reporting.models import Upstream, Way
from huizhen.lab.reporting.sending import catch_up
from huizhen.lab.results import actions as results
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.specimens.access import access_mixing
from huizhen.lab.specimens.models import Box, Campaign, Site, Tube
from huizhen.lab.specimens.rules import Entry, write_code
from huizhen.people.accounts.queries import get_actor, get_staff
from huizhen.people.organisations.queries import list_organisations
from huizhen.records.demo import PATIENTS
from huizhen.records.patients.queries import get_by_identity

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
PCR, COUNTER, CHEMISTRY = "荧光 PCR 仪 1", "血球仪 2", "急诊生化仪"
COLLECTOR, BENCH, DOCTOR = "fang.yu", "ye.qing", "zhou.lan"
HISTORY = (
    (timedelta(days=30), (("WBC", "11.8"), ("HGB", "108"), ("PLT", "236"))),
    (timedelta(minutes=50), (("WBC", "6.9"), ("HGB", "117"), ("PLT", "228"))),
)
BLOOD = {"WBC": "6.4", "RBC": "4.52", "HGB": "131", "HCT": "40.1", "MCV": "88.7", "PLT": "214"}


def load(at: datetime) -> Iterator[str]:
    """Make what is missing and tell of it; a second run changes nothing."""
    load_shipped()
    places = {row.code: row.pk for row in list_organisations()}
    sites = [_site(code, name, places[place], places[LABORATORY]) for code, (name, place) in SITES.items()]
    if Tube.objects.filter(site__in=sites).exists():
        return
    _set_up(places["QS"], sites, at)
    _pools(sites[0], at)
    _blood(sites[1], at)
    _boxes(sites[0], at)
    _mixed(sites[1], at)
    _put_right(sites[1], at)
    _troubles(sites, at)
    _family(sites[1], at)
    results.ensure_partitions(at=at)
    exceptions.look(at=at)
    reporting.enlist(at=at)
    catch_up(Upstream.objects.get(organisation_id=places["QS"], way=Way.HTTP), Platform())
    _by_hand(Upstream.objects.get(organisation_id=places["QS"], way=Way.HAND), at)
    yield f"laboratory: {Tube.objects.count()} tubes of two sites in every state · /lab/bench/ as ye.qing or luo.min"
    yield "laboratory: collecting, with or without a network · /lab/collect/ as fang.yu on a phone"
    yield "laboratory: a platform that takes files by hand · /lab/reporting/ as wu.di"
    yield "laboratory: over the whole house, unknown senders too · /lab/instruments/ as chen.lu"


def _set_up(organisation_id: UUID, sites: list[Site], at: datetime) -> None:
    """The campaign of the county, the platform its results go to, and a first roll of labels."""
    Campaign.objects.create(
        organisation_id=organisation_id, name="白石镇全员检测", panel=Panel.objects.get(code="NCOV"), capacity=10,
        begins_on=at.date() - timedelta(days=1), ends_on=at.date() + timedelta(days=14),
    )  # fmt: skip
    Upstream.objects.create(
        organisation_id=organisation_id, name="省检验结果平台", format="fhir", url="http://127.0.0.1:8790/batches"
    )
    Upstream.objects.create(
        organisation_id=organisation_id, name="市疾控数据填报网", format="excel", way=Way.HAND, most_at_once=10
    )
    for site in sites:
        specimens.reserve_barcodes(site, 65, actor=SYSTEM, at=at - timedelta(days=1))


def _by_hand(upstream: Upstream, at: datetime) -> None:
    """One file was handed in and answered but for a row, one was downloaded, and more waits."""
    actor = _at("wu.di")
    first = reporting.prepare(upstream, after=None, actor=actor, at=at - timedelta(minutes=30))
    reporting.download(first, actor=actor, at=at - timedelta(minutes=29))
    by_then = at - timedelta(minutes=20)
    reporting.hand_in(first, receipt="TB-0001-0032", handed_at=by_then, actor=actor, at=by_then)
    reporting.take_answer(first, {3: "证件号码与姓名不符"}, actor=actor, at=at - timedelta(minutes=5))
    second = reporting.prepare(upstream, after=first.id, actor=actor, at=at - timedelta(minutes=4))
    reporting.download(second, actor=actor, at=at - timedelta(minutes=3))


def _site(code: str, name: str, organisation_id: UUID, laboratory_id: UUID) -> Site:
    found, _is_new = Site.objects.get_or_create(
        code=code, defaults={"name": name, "organisation_id": organisation_id, "laboratory_id": laboratory_id}
    )
    return found


def _pools(site: Site, at: datetime) -> None:
    """Mixed tubes: two negative, one not, one whose run failed; and a result for a label that nobody registered."""
    tubes = [_collect(site, f"POOL-{n:04d}", 10, range(n * 10, n * 10 + 10), "NCOV", at) for n in range(1, 5)]
    _send(site, "BOX-0101-1", tubes, "周师傅", at - timedelta(hours=2))
    _take("pools", PCR, at - timedelta(hours=1), [
        Reading("NC-20", "NCOV", value="Not detected", kind=Kind.CONTROL),
        Reading("PC-20", "NCOV", value="Detected", kind=Kind.CONTROL),
        Reading(tubes[0].barcode, "NCOV", value="Not detected"),
        Reading(tubes[1].barcode, "NCOV", value="Not detected"),
        Reading(tubes[2].barcode, "NCOV", value="Detected"),
        Reading(tubes[3].barcode, "NCOV", status=Status.FAILED, reason="INVALID"),
        Reading("POOL-0099", "NCOV", value="Not detected"),
    ], site)  # fmt: skip


def _blood(site: Site, at: datetime) -> None:
    """Blood counts a doctor ordered: as it should be, a critical value, one that cannot be true, one that waits."""
    persons = [range(60 + n, 61 + n) for n in range(1, 5)]
    tubes = [_collect(site, f"CBC-{n:04d}", 1, one, "CBC", at, doctor=DOCTOR) for n, one in enumerate(persons, 1)]
    _send(site, "BOX-0102-1", tubes, "院内传送", at - timedelta(hours=2))
    lines = [Reading(tubes[0].barcode, code, value=value) for code, value in BLOOD.items()]
    lines += [Reading(tubes[1].barcode, "HGB", value="46"), Reading(tubes[2].barcode, "PLT", value="9999")]
    _take("blood", COUNTER, at - timedelta(minutes=40), lines, site)


def _mixed(site: Site, at: datetime) -> None:
    """Single tubes of the outpatients: two were mixed and are not negative, three stand ready to be mixed; and of two
    specimens of one person one says otherwise than the other."""
    tubes = [_collect(site, f"OPD-{n:04d}", 1, range(100 + n, 101 + n), "NCOV", at) for n in range(1, 7)]
    tubes.append(_collect(site, "OPD-0007", 1, range(106, 107), "NCOV", at))
    _send(site, "BOX-0102-2", tubes, "院内传送", at - timedelta(hours=2))
    bench = _at(BENCH)
    specimens.mix_tubes(
        access_mixing(bench), barcode="MIX-0001", tubes=["OPD-0001", "OPD-0002"], capacity=5, actor=bench,
        at=at - timedelta(hours=1),
    )  # fmt: skip
    _take("mixed", PCR, at - timedelta(minutes=25), [
        Reading("MIX-0001", "NCOV", value="Detected"),
        Reading("OPD-0006", "NCOV", value="Not detected"),
        Reading("OPD-0007", "NCOV", value="Detected"),
    ], site)  # fmt: skip


def _put_right(site: Site, at: datetime) -> None:
    """A tube that leaked, whose person has to come again; and a value that was somebody else's and was withdrawn."""
    leaked = _collect(site, "OPD-0008", 1, range(108, 109), "NCOV", at)
    swapped = _collect(site, "CBC-0109", 1, range(109, 110), "CBC", at)
    _send(site, "BOX-0102-3", [leaked, swapped], "院内传送", at - timedelta(hours=2))
    bench = _at(BENCH)
    results.give_up(leaked.id, reason="管盖开裂，标本漏出", actor=bench, at=at - timedelta(minutes=80))
    _take("swapped", COUNTER, at - timedelta(minutes=50), [Reading(swapped.barcode, "HGB", value="96")], site)
    row = swapped.observations.get()
    results.withdraw(row.id, reason="两支管标签贴反，不是本人的血样", actor=bench, at=at - timedelta(minutes=15))


def _boxes(site: Site, at: datetime) -> None:
    """A box of which one tube is missing, one on its way, one that waits to be handed over, and loose tubes."""
    lost, away, waits, _loose = (
        [_collect(site, f"CAMP-{box}{n}", 1, range(70 + box * 3 + n, 71 + box * 3 + n), "NCOV", at) for n in range(3)]
        for box in range(4)
    )
    _send(site, "BOX-0101-2", lost, "周师傅", at - timedelta(hours=2), received=lost[:2])
    _seal(site, "BOX-0101-3", away, "周师傅", at - timedelta(hours=1))
    _seal(site, "BOX-0101-4", waits, "", at - timedelta(minutes=20))


def _troubles(sites: list[Site], at: datetime) -> None:
    """A label that was used at both sites, and a card that is on file under another name."""
    _collect(sites[0], "CAMP-90", 1, range(90, 91), "NCOV", at)
    with suppress(Refused):  # what the second site sent is kept, and is a case of the laboratory
        _collect(sites[1], "CAMP-90", 1, range(91, 92), "NCOV", at)
    known = _person(92)
    for barcode, name in (("CAMP-91", known.name), ("CAMP-92", "赵晓兰")):
        _collect(sites[0], barcode, 1, range(0), "NCOV", at, replace(known, name=name))
    _two_records(sites[0], at)
    broken = _collect(sites[1], "GLU-0001", 1, range(94, 95), "GLU", at)
    _take("glucose", CHEMISTRY, at - timedelta(minutes=30), [
        Reading(broken.barcode, "GLU", status=Status.FAILED, reason="clot detected")
    ], sites[1])  # fmt: skip


def _two_records(site: Site, at: datetime) -> None:
    """Somebody came with her card one time and with her passport the other."""
    card = _person(93)
    born = f"{card.number[6:10]}-{card.number[10:12]}-{card.number[12:14]}"
    passport = Entry(name=card.name, kind="passport", number="E99900471", sex="female", birth_on=born)
    for barcode, one in (("CAMP-93", card), ("CAMP-94", passport)):
        _collect(site, barcode, 1, range(0), "NCOV", at, one)


def _family(site: Site, at: datetime) -> None:
    """A patient with a log-in has results with a history: a month ago, and today."""
    patient = get_by_identity("resident", PATIENTS[0].number())
    if patient is None:
        return
    for number, (back, values) in enumerate(HISTORY, 1):
        then = at - back
        tube = _collect(site, f"CBC-101{number}", 1, range(0), "CBC", then, Entry(code=write_code(patient.id)))
        _take(
            f"family-{number}",
            COUNTER,
            then,
            [Reading(tube.barcode, code, value=value) for code, value in values],
            site,
        )


def _seal(site: Site, code: str, tubes: list[Tube], carrier: str, at: datetime) -> Box:
    return specimens.seal_box(
        site, code=code, barcodes=[tube.barcode for tube in tubes], carrier=carrier, actor=_at(COLLECTOR), at=at
    )


def _send(
    site: Site, code: str, tubes: list[Tube], carrier: str, at: datetime, received: list[Tube] | None = None
) -> None:
    """Sealed, carried and received, all of them or those given."""
    box = _seal(site, code, tubes, carrier, at)
    came = [tube.barcode for tube in (tubes if received is None else received)]
    specimens.receive_box(box, barcodes=came, actor=_at(BENCH), at=at + timedelta(minutes=30))


def _at(username: str) -> Actor:
    account = get_staff(username)
    return get_actor(account) if account else SYSTEM


def _collect(
    site: Site, barcode: str, capacity: int, persons: range, panel: str, at: datetime, *more: Entry, doctor: str = ""
) -> Tube:
    return specimens.collect_tube(
        site, client_id=uuid5(MADE, f"{site.code}-{barcode}"), barcode=barcode, capacity=capacity, panel_code=panel,
        persons=[*(_person(number) for number in persons), *more], collected_at=at - timedelta(hours=3), actor=SYSTEM,
        at=at - timedelta(hours=3), doctor=doctor,
    )  # fmt: skip


def _person(number: int) -> Entry:
    born = date(1950 + number * 7 % 60, 1 + number % 12, 1 + number % 28)
    body = f"429900{born:%Y%m%d}{number * 2 % 1000:03d}"
    return Entry(name=NAMES[number % len(NAMES)], number=body + check_character(body))


def _take(name: str, instrument: str, at: datetime, lines: list[Reading], site: Site) -> None:
    """As if the instrument had just sent them; `lab.instruments.demo` made it."""
    found = Instrument.objects.filter(organisation_id=site.laboratory_id, name=instrument).first()
    results.take(
        lines, message_id=uuid5(MADE, name), instrument_id=found.id if found else None,
        laboratory_id=site.laboratory_id, at=at,
    )  # fmt: skip
