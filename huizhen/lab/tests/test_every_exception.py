"""Every kind of laboratory exception: found by its real rule, owned, due, with its repair, and gone when it is gone."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from huizhen.console.lab.words import ADVICE, BY_HAND
from huizhen.kernel.access import NotVisible
from huizhen.kernel.flow.models import Case
from huizhen.lab.exceptions import access, actions
from huizhen.lab.exceptions.models import Kind, Trouble
from huizhen.lab.exceptions.rules import ASKABLE, REPAIRS
from huizhen.lab.instruments import fakes
from huizhen.lab.instruments.actions import keep_messages
from huizhen.lab.instruments.models import Instrument, RawMessage
from huizhen.lab.instruments.readings import Reading
from huizhen.lab.instruments.received import Received
from huizhen.lab.refused import Refused
from huizhen.lab.reporting import actions as reporting
from huizhen.lab.reporting import queries as ledger
from huizhen.lab.reporting.models import Batch, Delivery, State, Upstream
from huizhen.lab.reporting.ports import Answer, Outcome, Receipt
from huizhen.lab.results import actions as results
from huizhen.lab.results.models import Held, Observation
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.specimens.models import Box, Clash, Tube
from huizhen.lab.specimens.rules import Entry
from huizhen.lab.tests.builders import AT, Lab, control, entry, failed, make_lab, patients_of, reading
from huizhen.records.merging.actions import look_for, merge_patients
from huizhen.records.merging.models import Likeness
from huizhen.records.tests.builders import make_number

pytestmark = pytest.mark.django_db
MACHINE = UUID(int=7)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def take(lab: Lab, *lines: Reading, at: datetime = AT) -> list[Observation]:
    given: dict[str, Any] = {"instrument_id": MACHINE, "laboratory_id": lab.laboratory.id, "source": "x", "at": at}
    return results.take(lines, message_id=uuid4(), **given).observations


def by(lab: Lab) -> dict[str, Any]:
    return {"actor": lab.bench, "at": AT}


def boxed(lab: Lab, *codes: str, came: tuple[str, ...] = ()) -> None:
    box = specimens.seal_box(lab.site, code="BOX-1", barcodes=codes, actor=lab.collector, at=AT)
    specimens.receive_box(box, barcodes=came or codes, **by(lab))


def machine(lab: Lab, **given: Any) -> Instrument:
    return Instrument.objects.create(
        organisation=lab.laboratory, name="PCR", profile="x", address="192.0.2.9", **given
    )  # fmt: skip


def twice_on_file(lab: Lab) -> None:
    number = make_number()
    for name in ("孙丽", "钱多"):
        lab.collect(entries=[Entry(name=name, number=number)])


def two_records(lab: Lab) -> None:
    passport = Entry(name="刘桂兰", kind="passport", number="E40218871", sex="female", birth_on="1980-05-06")
    tubes = [lab.collect(entries=[one]) for one in (entry("刘桂兰"), passport)]
    take(lab, *(reading(tube, "Negative") for tube in tubes))
    look_for(patients_of(tubes), at=AT)


def unseen(lab: Lab) -> None:
    take(lab, reading(lab.collect(5, persons=2), "Negative"))
    with connection.cursor() as cursor:  # as a fault in the middle of a release would leave it
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM lab_released WHERE ctid = (SELECT min(ctid) FROM lab_released)")
        cursor.execute("SET LOCAL session_replication_role = origin")


def unregistered(lab: Lab) -> None:
    machine(lab)
    payload = fakes.hl7_message(["B-1"], name="NEWPCR")
    keep_messages([Received("192.0.2.9 NEWPCR", None, "hl7", "192.0.2.9:1", payload, AT, "unclaimed")], at=AT)


def unread(lab: Lab) -> None:
    one = machine(lab)
    keep_messages([Received(str(one.id), one.id, "hl7", "h", b"?", AT, "kept")], at=AT)


def clash(lab: Lab) -> None:
    with suppress(Refused):
        lab.collect(barcode=lab.collect().barcode)


def contradicting(lab: Lab) -> None:
    somebody = entry()
    first, second = (lab.collect(entries=[somebody]) for _ in range(2))
    take(lab, reading(first, "Negative"))
    take(lab, reading(second, "Positive"))


def short(lab: Lab) -> None:
    codes = [lab.collect().barcode for _ in range(3)]
    boxed(lab, *codes, came=(codes[0],))


def untested(lab: Lab) -> None:
    boxed(lab, lab.collect().barcode)


def withheld(lab: Lab) -> None:
    pool = lab.collect(5)
    boxed(lab, pool.barcode)
    take(lab, reading(pool, "Positive"))


def said_otherwise(lab: Lab) -> None:
    """A message is read again, and names no specimen any more."""
    message, tube = uuid4(), lab.collect()
    for specimen in (tube.barcode, ""):
        heard = results.Heard(message, (reading(specimen, "Negative"),), laboratory_id=lab.laboratory.id)
        results.take_batch([heard], at=AT, anew=True)
    Held.objects.update(settled_at=AT)


def rejected(lab: Lab) -> None:
    [row] = take(lab, reading(lab.collect(), "Positive"))
    results.reject(row.id, reason="swapped", **by(lab))


def platform(lab: Lab, at: datetime = AT) -> Upstream:
    """A platform that was set up then: its key says when."""
    key = UUID(int=(int(at.timestamp() * 1000) << 80) | 0x7000_8 << 60)
    return Upstream.objects.create(
        id=key, organisation=lab.laboratory, name="省平台", format="fhir", url="http://127.0.0.1:9/batches"
    )  # fmt: skip


def unreported(lab: Lab) -> None:
    platform(lab)
    take(lab, reading(lab.collect(), "Negative"))
    reporting.enlist(at=AT)


def lying(lab: Lab) -> None:
    upstream = Upstream.objects.create(organisation=lab.laboratory, name="市平台", format="excel", way="hand")
    take(lab, reading(lab.collect(), "Negative"))
    reporting.enlist(at=AT)
    reporting.prepare(upstream, after=None, **by(lab))


def handed_in(lab: Lab) -> None:
    batch = Batch.objects.get()
    reporting.download(batch, **by(lab))
    reporting.hand_in(batch, receipt="7", handed_at=AT, **by(lab))


def unlisted(lab: Lab) -> None:
    platform(lab, AT - HOUR)
    take(lab, reading(lab.collect(), "Negative"))


def answered(lab: Lab, status: str, at: datetime = AT) -> None:
    """The platform answers so for all that waits."""
    batch = reporting.claim(Upstream.objects.get().id, at=at)
    assert batch is not None
    keys = Delivery.objects.filter(batch=batch).values_list("id", flat=True)
    receipts = {key: Receipt(status, "R-1", "patient_unknown" if status == "refused" else "") for key in keys}
    reporting.settle(batch.id, Answer(Outcome.ANSWERED, receipts), at=at)


def shut(lab: Lab) -> None:
    unreported(lab)
    batch = reporting.claim(Upstream.objects.get().id, at=AT)
    assert batch is not None
    reporting.settle(batch.id, Answer(Outcome.SHUT, why="password"), at=AT)


def refused(lab: Lab) -> None:
    unreported(lab)
    answered(lab, "refused")


def sent_again(lab: Lab) -> None:
    reporting.send_again(Delivery.objects.get(state=State.REFUSED), **by(lab))
    answered(lab, "accepted")


def received(lab: Lab) -> None:
    missing = Tube.objects.filter(received_at=None).values_list("barcode", flat=True)
    codes = [str(one) for one in missing]
    box = Box(code="BOX-9", site=lab.site, laboratory=lab.laboratory, sealed_at=AT, sealed_count=len(codes))
    box.sealed_by_id = lab.collector.account
    box.save(force_insert=True)
    specimens.receive_box(box, barcodes=codes, **by(lab))


def run_again(lab: Lab) -> None:
    for tube in Tube.objects.filter(released_at=None):
        take(lab, reading(tube, "Negative"), at=AT + DAY)


def come_again(lab: Lab) -> None:
    for person in Tube.objects.get().persons.all():
        lab.collect(entries=[Entry(name=person.patient.name, number=person.patient.identity_number)])


def join(lab: Lab) -> None:
    pair = Likeness.objects.get()
    merge_patients(pair.first, pair.second, **by(lab))


def reviewed(lab: Lab) -> None:
    for row in Observation.objects.filter(status="review"):
        results.reject(row.id, reason="wrong", **by(lab))


@dataclass(frozen=True)
class Row:
    """One kind: what makes it, when it is found, whether within half an hour, its repair, what ends it by itself."""

    kind: str
    cause: Callable[[Lab], object]
    after: timedelta = HOUR
    urgent: bool = False
    repair: str = ""
    cure: Callable[[Lab], object] | None = None


def settle_clash(lab: Lab) -> None:
    specimens.settle_clash(Clash.objects.get().id, "FRESH-1", **by(lab))


TABLE = (
    Row("wrong_person", twice_on_file),
    Row("two_records", two_records, repair="merge", cure=join),
    Row("not_visible", unseen, urgent=True, repair="make_visible",
        cure=lambda lab: results.show_again(Observation.objects.get().id, at=AT)),
    Row("unknown_sender", unregistered, 
        cure=lambda lab: RawMessage.objects.update(state="kept", instrument=Instrument.objects.get())),
    Row("instrument_down", lambda lab: machine(lab, link_state="failing"), urgent=True,
        cure=lambda lab: Instrument.objects.update(link_state="open")),
    Row("barcode_unreadable", lambda lab: take(lab, Reading("", "NCOV", value="Negative")),
        cure=lambda lab: Held.objects.update(settled_at=AT)),
    Row("barcode_unknown", lambda lab: take(lab, reading("NOBODYS-2", "Negative")), repair="rebind",
        cure=lambda lab: (lab.collect(barcode="NOBODYS-2"), results.retry_held(at=AT))),
    Row("box_unknown", lambda lab: boxed(lab, one := lab.collect().barcode, came=(one, "NOBODYS-1")),
        cure=lambda lab: lab.collect(barcode="NOBODYS-1")),
    Row("barcode_clash", clash, urgent=True, repair="new_barcode", cure=settle_clash),
    Row("several_results", contradicting, urgent=True, cure=reviewed),
    Row("read_otherwise", said_otherwise, urgent=True,
        cure=lambda lab: results.withdraw(Observation.objects.get().id, reason="another tube", **by(lab))),
    Row("box_differs", short, cure=received),
    Row("not_received", lambda lab: lab.collect(), DAY, cure=received),
    Row("not_tested", untested, 9 * HOUR, cure=run_again),
    Row("not_retested", withheld, DAY + HOUR, cure=come_again),
    Row("not_understood", lambda lab: take(lab, reading(lab.collect(), "1", "XYZ")),
        cure=lambda lab: Held.objects.update(settled_at=AT)),
    Row("not_understood", unread, cure=lambda lab: RawMessage.objects.update(state="understood")),
    Row("not_reviewed", lambda lab: take(lab, reading(lab.collect(), "Positive")), 3 * HOUR, cure=reviewed),
    Row("not_released", rejected, 9 * HOUR, cure=lambda lab: take(lab, reading(Tube.objects.get(), "Negative"))),
    Row("not_reported", unreported, 3 * HOUR, cure=lambda lab: answered(lab, "accepted")),
    Row("platform_shut", shut, cure=lambda lab: answered(lab, "accepted", at=AT + 2 * HOUR)),
    Row("not_handed_in", lying, 9 * DAY, cure=handed_in),
    Row("not_enlisted", unlisted, 3 * HOUR, cure=lambda lab: reporting.enlist(at=AT)),
    Row("report_refused", refused, cure=sent_again),
    Row("implausible", lambda lab: take(lab, reading(lab.collect(panel="CBC"), "900", "HGB")), cure=reviewed),
    Row("control_failed", lambda lab: take(lab, control("NC-1", "Detected")), urgent=True,
        cure=lambda lab: take(lab, control("NC-1", "Negative"), at=AT + HOUR)),
    Row("run_failed", lambda lab: take(lab, failed(lab.collect())), cure=run_again),
)  # fmt: skip


def look(at: datetime) -> None:
    """As the timers do."""
    actions.look(at=at)
    upstreams = list(ledger.list_upstreams())
    reporting.report_late(upstreams, at=at)
    reporting.report_missed(upstreams, at=at)
    reporting.report_shut(upstreams, at=at)
    reporting.report_not_handed_in(at=at)
    reporting.close_accepted(at=at)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind)
def test_it_is_found_owned_due_and_gone_by_itself(row: Row) -> None:
    lab, at = make_lab(), AT + row.after
    row.cause(lab)
    for _ in range(2):
        look(at)
    trouble = Trouble.objects.get(closed_at=None)
    case: Case = trouble.case
    assert (trouble.kind, case.state, case.team, case.team_organisation_id) == (
        row.kind, "open", "laboratory", lab.laboratory.id,
    )  # fmt: skip
    promised = timedelta(minutes=30) if row.urgent else timedelta(hours=4)
    assert case.due_at == trouble.found_at + promised
    assert (REPAIRS.get(row.kind, ""), bool(ADVICE[row.kind])) == (row.repair, True)
    assert (row.kind in BY_HAND) == (row.kind in ASKABLE)
    assert access.access_trouble(lab.bench, case.id).id == trouble.id
    with pytest.raises(NotVisible):
        access.access_trouble(lab.collector, case.id)
    if row.cure is not None:
        row.cure(lab)
    look(at)
    trouble.refresh_from_db()
    case.refresh_from_db()
    assert (case.state, trouble.closed_by_id) == ("solved" if row.cure else "open", None)


def test_the_table_has_every_kind() -> None:
    assert {row.kind for row in TABLE} == set(Kind.values) == set(ADVICE)
