"""Registering, collecting, sending, receiving; and what the database itself refuses."""

import io
import zipfile
from uuid import uuid4

import pytest
import xlsxwriter
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from huizhen.kernel import outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.lab.exceptions.actions import look
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.instruments.models import Instrument, OrderDownload
from huizhen.lab.paper import PATTERNS, code128
from huizhen.lab.refused import SENTENCES, Refused
from huizhen.lab.specimens import access, actions, queries, roster, rules
from huizhen.lab.specimens.actions import lists, registering
from huizhen.lab.specimens.labels import draw_sheet, write_zpl
from huizhen.lab.specimens.models import Box, Clash, Doubt, TestOrder, Tube, TubePerson, UnknownScan
from huizhen.lab.specimens.rules import Entry
from huizhen.lab.tests.builders import AT, entry, make_lab, patients_of
from huizhen.people.organisations.models import Membership
from huizhen.records.patients.models import Patient
from huizhen.records.tests.builders import make_number

pytestmark = pytest.mark.django_db


def refused(call, *arguments, **options):
    with pytest.raises(Refused) as found:
        call(*arguments, **options)
    assert set(found.value.errors.values()) <= SENTENCES.keys()
    return found.value.errors


def test_a_tube_is_stored_once_however_often_the_phone_sends_it(lab):
    client, persons = uuid4(), [entry(), entry()]
    first = lab.collect(5, entries=persons, client_id=client, barcode="POOL-0001")
    again = lab.collect(5, entries=persons, client_id=client, barcode="POOL-0001")
    assert first.id == again.id
    assert (Tube.objects.count(), TubePerson.objects.count(), TestOrder.objects.count()) == (1, 2, 1)


def test_a_person_is_known_by_card_and_by_code_and_registered_once(lab):
    somebody = entry("王芳")
    [patient_id] = patients_of([lab.collect(entries=[somebody])])
    again = patients_of(
        [lab.collect(entries=[somebody]), lab.collect(entries=[Entry(code=rules.write_code(patient_id))])]
    )
    assert again == [patient_id, patient_id]
    assert rules.read_code(rules.write_code(patient_id).lower()) == patient_id
    assert refused(lab.collect, entries=[Entry(code="HZ" + "A" * 26 + "1")]) == {"persons.1.code": "unknown_code"}


def test_a_second_scan_of_a_barcode_is_kept_and_settled_under_another_one(lab):
    first = lab.collect(barcode="SAME-1")
    client, persons = uuid4(), [entry("赵六")]
    for _ in range(2):
        assert refused(lab.collect, barcode="same-1", client_id=client, entries=persons) == {"barcode": "barcode_taken"}
    clash = Clash.objects.get()
    assert clash.tube_id == first.id
    tube = actions.settle_clash(clash.id, "OTHER-1", actor=lab.bench, at=AT)
    assert actions.settle_clash(clash.id, "OTHER-2", actor=lab.bench, at=AT).id == tube.id
    assert Patient.objects.get(id=patients_of([tube])[0]).name == "赵六"


def test_another_name_on_the_same_card_is_noted_and_the_test_goes_on(lab):
    number = make_number()
    lab.collect(entries=[Entry(name="孙丽", number=number)])
    tube = lab.collect(entries=[Entry(name="孙莉莉", number=number)])
    doubt = Doubt.objects.get()
    assert (doubt.tube_id, doubt.said["name"]) == (tube.id, "孙莉莉")


@pytest.mark.parametrize(
    ("given_", "errors"),
    [
        ({"capacity": 5, "panel": "GLU"}, {"capacity": "not_poolable"}),
        ({"capacity": 7, "persons": 1}, {"capacity": "unknown_choice"}),
        ({"capacity": 1, "persons": 2}, {"persons": "too_many_persons"}),
        ({"barcode": "A B"}, {"barcode": "barcode_shape"}),
        ({"panel": "NONE"}, {"panel": "unknown_panel"}),
        ({"entries": [Entry(name="甲", number="11010119800506002X")]}, {"persons.1.identity_number": "identity_check"}),
    ],
)
def test_what_does_not_fit_is_refused_by_field(lab, given_, errors):
    assert refused(lab.collect, **given_) == errors
    assert not Tube.objects.exists()


def test_the_same_person_twice_in_a_tube_is_refused(lab):
    somebody = entry()
    assert refused(lab.collect, 5, entries=[somebody, somebody]) == {"persons": "twice_in_tube"}


def test_the_database_refuses_pools_of_pools_and_seats_beyond_the_last(lab):
    single, pool, other = lab.collect(), lab.collect(5, persons=2), lab.collect(10, persons=2)
    broken = [
        lambda: Tube.objects.filter(id=pool.id).update(part_of=other),
        lambda: Tube.objects.filter(id=single.id).update(part_of=lab.collect()),
        lambda: Tube.objects.filter(id=single.id).update(barcode=pool.barcode),
        lambda: TubePerson.objects.create(tube=single, patient=pool.persons.first().patient, person=uuid4(), seat=2),
        lambda: single.delete(),
    ]
    for act in broken:
        with pytest.raises(Exception, match=r"pool|seat|persons|barcode|delete"), transaction.atomic():
            act()
    with pytest.raises(IntegrityError), transaction.atomic():
        Tube.objects.filter(id=single.id).update(capacity=3)


def test_a_box_is_sealed_and_received_by_count(lab):
    tubes = [lab.collect() for _ in range(3)]
    codes = [tube.barcode for tube in tubes]
    box = actions.seal_box(lab.site, code="BOX-01", barcodes=codes, actor=lab.collector, at=AT)
    assert actions.seal_box(lab.site, code="box-01", barcodes=codes, actor=lab.collector, at=AT).id == box.id
    assert refused(actions.seal_box, lab.site, code="BOX-02", barcodes=codes[:1], actor=lab.collector, at=AT)
    with pytest.raises(NotAllowed):
        access.access_box(lab.collector, "BOX-01")
    with pytest.raises(NotVisible):
        access.access_box(make_lab().bench, "BOX-01")
    box = access.access_box(lab.bench, "BOX-01")
    actions.receive_box(box, barcodes=[*codes[:2], "STRANGER"], actor=lab.bench, at=AT)
    box.refresh_from_db()
    assert (box.sealed_count, box.received_count) == (3, 3)
    assert UnknownScan.objects.get().barcode == "STRANGER"
    hops = queries.count_hops([lab.laboratory.id], AT, AT.replace(hour=2))
    assert (hops.collected, hops.boxed, hops.received, hops.tested) == (3, 3, 2, 0)
    assert refused(actions.receive_box, box, barcodes=codes, actor=lab.bench, at=AT) == {"code": "already_received"}
    assert Box.objects.count() == 1


def sheet(rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        for place, row in enumerate(rows):
            page.write_row(place, 0, row)
    return out.getvalue()


def outcome_of(held):
    """A list, worked off as the job does."""
    rows = roster.read_rows(held.content, held.name) if held.content else []
    while actions.work_on_list(held.id, rows, at=AT):
        pass
    held.refresh_from_db()
    return held.step, held.new, held.known, held.faults, held.stopped


def test_a_list_is_checked_then_registered_and_bad_rows_are_named(lab):
    good = [make_number(), make_number()]
    rows = [["青山县登记表"], ["姓名", "证件号码", "手机号"], ["甲一", good[0], 13800138001.0], [],
            ["乙二", "110101198005060021", ""], ["丙三", good[1], "13800138002"], ["丙三", good[1], ""]]  # fmt: skip
    bad = {"5": {"identity_number": "identity_check"}}
    by = {"actor": lab.collector, "at": AT}
    data = sheet(rows)
    held = actions.take_list(lab.site, data, "名单.xlsx", **by)
    assert actions.register_list(held, **by).step == "check", "nobody has seen what the check found"
    assert outcome_of(held) == ("check", 2, 1, bad, "")
    assert Patient.objects.count() == 0
    for _ in range(2):
        held = actions.register_list(held, **by)
    assert outcome_of(held) == ("register", 2, 1, bad, "")
    assert (Patient.objects.count(), held.content, held.ended_at) == (2, b"", AT)
    assert actions.take_list(lab.site, data, "again.xlsx", **by).id == held.id
    csv = "\n".join(",".join(str(cell) for cell in row) for row in rows[1:]).encode("gb18030")
    once, twice = (actions.take_list(lab.site, csv, "list.csv", **by) for _ in range(2))
    assert once.id == twice.id
    assert outcome_of(once)[1:3] == (0, 3)
    for wrong in (b"PK\3\4", sheet(rows[:2])):
        assert refused(actions.take_list, lab.site, wrong, "x.xlsx", **by)["file"]
    assert zipfile.is_zipfile(io.BytesIO(sheet(rows)))


def test_a_list_goes_on_where_it_was_killed_and_stops_with_its_owners_permission(lab, monkeypatch):
    monkeypatch.setattr(lists, "PART", 2)
    data = ("姓名,身份证号\n" + "".join(f"甲{n},{make_number()}\n" for n in range(5))).encode()
    by = {"actor": lab.collector, "at": AT}
    held = actions.take_list(lab.site, data, "list.csv", **by)
    outcome_of(held)
    actions.register_list(held, **by)
    rows, died = roster.read_rows(data, "list.csv"), lists.find_or_register_all

    def dies(*given, **more):
        done = died(*given, **more)
        if Patient.objects.count() > 2:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(lists, "find_or_register_all", dies)
    assert actions.work_on_list(held.id, rows, at=AT)
    with pytest.raises(KeyboardInterrupt):
        actions.work_on_list(held.id, rows, at=AT)
    assert Patient.objects.count() == 2, "the third was in the part that died"
    monkeypatch.setattr(lists, "find_or_register_all", died)
    assert outcome_of(held) == ("register", 5, 0, {}, "")
    assert Patient.objects.count() == 5
    other = actions.take_list(lab.site, data + "乙,110101198005060021\n".encode(), "more.csv", **by)
    Membership.objects.filter(account=lab.collector.account_id).delete()
    assert outcome_of(other)[-1] == "not_allowed"
    anew = actions.take_list(lab.site, data + "乙,110101198005060021\n".encode(), "more.csv", actor=lab.bench, at=AT)
    assert (anew.id, anew.stopped, anew.ended_at) == (other.id, "", None)


def test_who_is_registered_elsewhere_while_a_list_is_worked_off_is_known(lab, monkeypatch):
    """Between looking who is there and writing, somebody else registers one of them: row by row, nothing is lost."""
    entries = [Entry(name=name, number=make_number()) for name in "甲乙丙"] + [Entry(name="丁", number="1")]
    by = {"actor": lab.collector, "at": AT}
    real = registering.patients.list_taken

    def slow(indexes):
        found = real(indexes)
        actions.find_or_register(lab.home.id, entries[1], **by)
        return found

    monkeypatch.setattr(registering.patients, "list_taken", slow)
    with transaction.atomic():
        done = registering.find_or_register_all(lab.home.id, entries, **by)
    assert [one.is_known for one in done] == [False, True, False, False]
    assert done[3].errors == {"identity_number": "identity_shape"}
    assert Patient.objects.count() == 3
    entries_of = AuditEntry.objects.filter(action="records.patient.registered")
    assert {one.patient_id for one in entries_of} == set(Patient.objects.values_list("id", flat=True))


def test_label_numbers_are_drawn_once(lab):
    first = actions.reserve_barcodes(lab.site, 3, actor=lab.collector, at=AT)
    more = actions.reserve_barcodes(lab.site, 2, actor=lab.collector, at=AT)
    assert len({*first, *more}) == 5
    assert all(rules.check_barcode(code, lab.site.code) is None for code in (*first, *more))
    wrong = first[0][:-1] + str((int(first[0][-1]) + 1) % 10)
    assert rules.check_barcode(wrong, lab.site.code) == "barcode_check"


def test_every_symbol_of_code_128_is_eleven_modules_wide_and_alone_in_its_shape():
    assert len(PATTERNS) == len(set(PATTERNS)) == 107
    assert {sum(map(int, pattern)) for pattern in PATTERNS[:-1]} == {11}
    assert sum(map(int, PATTERNS[-1])) == 13


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-", min_size=1, max_size=30))
def test_a_drawn_barcode_reads_back_as_its_text(text):
    widths = code128(text)
    symbols = [PATTERNS.index(widths[place : place + 6]) for place in range(0, len(widths) - 7, 6)]
    assert widths.endswith(PATTERNS[106])
    start, *values, check = symbols
    assert check == (start + sum(place * value for place, value in enumerate(values, 1))) % 103
    read = "".join(f"{value:02d}" if start == 105 else chr(value + 32) for value in values)
    assert read == text


def test_labels_are_printed_on_sheets_and_by_label_printers():
    codes = [rules.make_barcode("0101", serial) for serial in range(1, 71)]
    pages = PdfReader(io.BytesIO(draw_sheet("白石镇采样点", codes, at=AT))).pages
    assert len(pages) == 2
    assert codes[0] in pages[0].extract_text()
    assert codes[69] in pages[1].extract_text()
    written = write_zpl("点^XZ~JR", codes[:2])
    assert written.count("^XA") == written.count("^XZ") == 2
    assert f"^FD{codes[0]}^FS" in written


def test_a_tube_registered_after_its_box_was_opened_is_received_and_its_orders_are_sent(lab):
    first = lab.collect()
    box = actions.seal_box(lab.site, code="BOX-01", barcodes=[first.barcode], actor=lab.collector, at=AT)
    codes = ["LATE-0001", "LATE-0002", "FOREIGN-1", "RELABEL-1"]
    actions.receive_box(box, barcodes=[first.barcode, *codes], actor=lab.bench, at=AT)
    look(at=AT)
    assert Trouble.objects.filter(kind="box_unknown").count() == 4
    outbox.run_pending(AT)
    Instrument.objects.create(
        organisation=lab.laboratory, name="PCR", profile="astm", address="h", wants_orders=True
    )  # fmt: skip
    late = lab.collect(5, barcode="late-0001")
    assert (late.received_at, late.box_id) == (AT, box.id)
    make_lab().collect(barcode="FOREIGN-1")
    wrong = lab.collect()
    actions.rebind_tube(wrong.id, "RELABEL-1", actor=lab.bench, at=AT)
    Tube.objects.bulk_create([Tube(
        barcode="LATE-0002", capacity=1, site=lab.site, laboratory=lab.laboratory, client_id=uuid4(), collected_at=AT
    )])  # as one registered in the very moment of the scan  # fmt: skip
    assert actions.receive_registered() == ["LATE-0002"]
    assert actions.receive_registered() == []
    look(at=AT)
    assert set(Trouble.objects.filter(closed_at=None).values_list("kind", "barcode")) == {("box_unknown", "FOREIGN-1")}
    outbox.run_pending(AT)
    sent = {order["specimen"] for row in OrderDownload.objects.all() for order in row.orders}
    assert sent == {"LATE-0001", "RELABEL-1"}, "for the third nothing is ordered"
