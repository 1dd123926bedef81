"""Each kind of trouble finds its owner by itself, is repaired by two persons, and closes when it is gone."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection

from huizhen.kernel import outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.flow.models import Case
from huizhen.lab.exceptions import access, actions, queries
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.histories.queries import list_histories
from huizhen.lab.instruments.actions import keep_messages
from huizhen.lab.instruments.models import Instrument, ResultRequest
from huizhen.lab.instruments.profile import shipped
from huizhen.lab.instruments.readings import Reading
from huizhen.lab.instruments.received import Received
from huizhen.lab.refused import Refused
from huizhen.lab.results import actions as results
from huizhen.lab.results.models import Observation, Released
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.specimens.rules import Entry
from huizhen.lab.tests.builders import AT, control, entry, failed, make_lab, patients_of, reading
from huizhen.records.merging.actions import look_for, merge_patients, split_patients
from huizhen.records.merging.models import Merge
from huizhen.records.patients.models import Patient
from huizhen.records.patients.queries import get_person_ids
from huizhen.records.tests.builders import make_number

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)
DAY = timedelta(days=1)


def take(lab, *readings, at=AT):
    return results.take(
        readings, message_id=uuid4(), instrument_id=MACHINE, laboratory_id=lab.laboratory.id, source="x", at=at
    )


MACHINE = uuid4()


def kinds(at=LATER):
    actions.look(at=at)
    return sorted(Trouble.objects.filter(closed_at=None).values_list("kind", flat=True))


def test_a_quiet_day_has_no_exception(lab):
    take(lab, reading(lab.collect(10), "Negative"), control("NC-1", "Negative"))
    assert kinds() == []


def clash(lab):
    tube = lab.collect()
    with pytest.raises(Refused):
        lab.collect(barcode=tube.barcode)


def doubt(lab):
    number = make_number()
    lab.collect(entries=[Entry(name="孙丽", number=number)])
    lab.collect(entries=[Entry(name="钱多", number=number)])


def invisible(lab):
    tube = lab.collect(5, persons=2)
    take(lab, reading(tube, "Negative"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lab_released_rest DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM lab_released_rest WHERE ctid IN (SELECT ctid FROM lab_released_rest LIMIT 1)")
        cursor.execute("ALTER TABLE lab_released_rest ENABLE TRIGGER USER")


def test_received_and_not_tested_and_two_results_that_contradict(lab):
    tube, other = lab.collect(), lab.collect()
    box = specimens.seal_box(lab.site, code="BOX-1", barcodes=[tube.barcode], actor=lab.collector, at=AT)
    specimens.receive_box(box, barcodes=[tube.barcode], actor=lab.bench, at=AT)
    take(lab, reading(other, "Negative"))
    take(lab, reading(other, "Positive"))
    assert kinds() == ["several_results"]
    assert kinds(AT + timedelta(hours=9)) == ["not_reviewed", "not_tested", "several_results"]


def test_what_is_gone_closes_by_itself_and_may_come_again(lab):
    take(lab, control("NC-1", "Detected"))
    assert kinds() == ["control_failed"]
    take(lab, control("NC-1", "Negative"), at=LATER)
    assert kinds(LATER) == []
    assert Case.objects.get().state == "solved"
    take(lab, control("NC-1", "Detected"), at=LATER + DAY)
    assert kinds(LATER + DAY) == ["control_failed"]


def test_what_a_person_closed_is_not_opened_again_at_the_next_look(lab):
    doubt(lab)
    kinds()
    trouble = Trouble.objects.get()
    actions.make_move(trouble, "dismiss", reason="曾用名，已核对证件", actor=lab.bench, at=LATER)
    assert kinds() == []


def test_a_clash_is_repaired_by_two_persons_and_nobody_has_to_come_again(lab):
    tube = lab.collect(barcode="TWICE-1")
    with pytest.raises(Refused):
        lab.collect(barcode="TWICE-1", entries=[entry("赵六")])
    kinds()
    trouble = Trouble.objects.get()
    for wrong in ("a", tube.barcode):
        with pytest.raises(Refused):
            actions.propose_repair(trouble, barcode=wrong, actor=lab.bench, at=LATER)
    trouble = actions.propose_repair(trouble, barcode="fresh-1", actor=lab.bench, at=LATER)
    with pytest.raises(Refused, match="same_person"):
        actions.confirm_repair(trouble, actor=lab.bench, at=LATER)
    with pytest.raises(NotAllowed):
        actions.confirm_repair(trouble, actor=lab.collector, at=LATER)
    actions.confirm_repair(trouble, actor=lab.second, at=LATER)
    assert take(lab, reading("FRESH-1", "Negative")).released
    assert kinds() == []


def test_who_has_proposed_is_asked_under_the_lock_and_not_of_a_row_read_before(lab):
    lab.collect(barcode="TYPED-WRONG")
    take(lab, reading("ON-THE-TUBE", "Negative"))
    kinds()
    unread = Trouble.objects.get()  # as a request holds it while two others act
    first = actions.propose_repair(unread, barcode="TYPED-WRONG", actor=lab.bench, at=LATER)
    refused = actions.make_move(first, "refuse", reason="看错了", actor=lab.second, at=LATER)
    actions.propose_repair(refused, barcode="TYPED-WRONG", actor=lab.second, at=LATER)
    for stale in (unread, first):
        with pytest.raises(Refused, match="same_person"):
            actions.confirm_repair(stale, actor=lab.second, at=LATER)
    assert (Case.objects.get().state, Released.objects.count()) == ("confirming", 0)
    actions.confirm_repair(unread, actor=lab.bench, at=LATER)
    assert (Case.objects.get().state, Released.objects.count()) == ("solved", 1)


def test_each_laboratory_hears_of_its_own_label_that_nobody_registered(lab):
    labs = [lab, make_lab()]
    for one in labs:
        take(one, reading("ALIKE-0001", "Negative"))
    actions.look(at=LATER)
    found = Trouble.objects.filter(kind="barcode_unknown", barcode="ALIKE-0001")
    assert set(found.values_list("laboratory", "count")) == {(one.laboratory.id, 1) for one in labs}
    labs[1].collect(barcode="ALIKE-0001")
    results.retry_held(at=LATER)
    actions.look(at=LATER)
    still = Trouble.objects.get(kind="barcode_unknown", closed_at=None)
    assert still.laboratory_id == lab.laboratory.id


def test_a_label_is_bound_anew_and_the_waiting_result_reaches_its_person(lab):
    tube = lab.collect(5, barcode="TYPED-WRONG")
    take(lab, reading("ON-THE-TUBE", "Negative"))
    kinds()
    trouble = Trouble.objects.get()
    with pytest.raises(Refused):
        actions.propose_repair(trouble, barcode=make_lab().collect().barcode, actor=lab.bench, at=LATER)
    trouble = actions.propose_repair(trouble, barcode="TYPED-WRONG", actor=lab.bench, at=LATER)
    refused = actions.make_move(trouble, "refuse", reason="看错了", actor=lab.second, at=LATER)
    trouble = actions.propose_repair(refused, barcode="TYPED-WRONG", actor=lab.bench, at=LATER)
    actions.confirm_repair(trouble, actor=lab.second, at=LATER)
    tube.refresh_from_db()
    assert (tube.barcode, Released.objects.count(), len(patients_of([tube]))) == ("ON-THE-TUBE", 5, 5)
    assert kinds() == []


def test_missing_rows_are_written_by_one_click_and_only_those(lab):
    invisible(lab)
    kinds()
    actions.repair_now(Trouble.objects.get(), actor=lab.bench, at=LATER)
    assert Released.objects.count() == 2
    assert kinds() == []


def work_off():
    """Jobs run at the time of the story."""
    with time_machine.travel(LATER, tick=False):
        outbox.run_pending(LATER)


def two_records(lab):
    """She came with her card, and with her passport."""
    card = entry("刘桂兰")
    passport = Entry(name="刘桂兰", kind="passport", number="E40218871", sex="female", birth_on="1980-05-06")
    tubes = [lab.collect(entries=[one]) for one in (card, passport)]
    take(lab, *(reading(tube, "Negative") for tube in tubes))
    look_for(patients_of(tubes), at=AT)
    return patients_of(tubes)


def test_two_records_of_one_person_are_joined_by_two_and_taken_apart_again(lab):
    first, second = two_records(lab)
    assert kinds() == ["two_records"]
    trouble = Trouble.objects.get()
    assert {access.access_pair(lab.bench, trouble).first_id, access.access_pair(lab.bench, trouble).second_id} == {
        first, second,
    }  # fmt: skip
    for wrong in ({"survivor": uuid4(), "note": "x"}, {"survivor": first}):
        with pytest.raises(Refused):
            actions.propose_repair(trouble, actor=lab.bench, at=LATER, **wrong)
    trouble = actions.propose_repair(trouble, survivor=first, note="电话核实", actor=lab.bench, at=LATER)
    assert Merge.objects.count() == 0
    with pytest.raises(Refused, match="same_person"):
        actions.confirm_repair(trouble, actor=lab.bench, at=LATER)
    trouble = actions.confirm_repair(trouble, actor=lab.second, at=LATER)
    merge = Merge.objects.get()
    assert (merge.survivor_id, merge.replaced_id, Case.objects.get().state) == (first, second, "solved")
    assert sorted(get_person_ids(second)) == sorted([first, second])
    assert sum(len(one.shown) for one in list_histories(first, since=AT)) == 2
    assert kinds() == []
    again = actions.undo_merge(trouble, reason="两位同名的人", actor=lab.second, at=LATER)
    assert again.subject == trouble.subject
    assert again.case_id != trouble.case_id
    assert actions.undo_merge(trouble, reason="两位同名的人", actor=lab.second, at=LATER) is None
    work_off()
    assert kinds() == ["two_records"]
    assert sum(len(one.shown) for one in list_histories(first, since=AT)) == 1
    actions.make_move(again, "dismiss", reason="确是两人", actor=lab.bench, at=LATER)
    assert kinds() == []


def test_joined_or_taken_apart_elsewhere_the_case_follows(lab):
    first, second = (Patient.objects.get(id=one) for one in two_records(lab))
    assert kinds() == ["two_records"]
    merge = merge_patients(first, second, actor=lab.second, at=LATER)
    work_off()
    assert (kinds(), Case.objects.get().state) == ([], "solved")
    split_patients(merge, reason="不是同一人", actor=lab.second, at=LATER)
    work_off()
    assert kinds() == ["two_records"]
    other = make_lab()
    with pytest.raises(NotVisible):
        access.access_trouble(other.bench, Trouble.objects.get(closed_at=None).case_id)


def test_the_instrument_is_asked_again_and_the_case_closes_when_the_result_is_there(lab):
    machine = Instrument.objects.create(organisation=lab.laboratory, name="GLU 1", profile="astm", address="h")
    mute = Instrument.objects.create(organisation=lab.laboratory, name="PCR 1", profile="roche-cobas-6800", address="i")
    tube = lab.collect()
    given = {"instrument_id": machine.id, "laboratory_id": lab.laboratory.id, "at": AT}
    results.take([failed(tube)], message_id=uuid4(), **given)
    assert kinds() == ["run_failed"]
    trouble = Trouble.objects.get()
    assert [one.id for one in queries.list_instruments(trouble)] == [machine.id]
    for wrong in (mute.id, uuid4()):
        with pytest.raises(Refused, match="not_asked"):
            actions.ask_instrument(trouble, wrong, actor=lab.bench, at=LATER)
    with pytest.raises(NotAllowed):
        actions.ask_instrument(trouble, machine.id, actor=lab.collector, at=LATER)
    for _ in range(2):
        actions.ask_instrument(trouble, machine.id, actor=lab.bench, at=LATER)
    request = ResultRequest.objects.get()
    assert (request.specimen, request.means, trouble.case.state) == (tube.barcode, "question", "open")
    results.take([reading(tube, "Negative")], message_id=uuid4(), **given | {"at": LATER})
    assert kinds() == []


def test_what_was_not_understood_is_asked_for_by_what_it_names_or_by_the_label_somebody_read(lab):
    machine = Instrument.objects.create(organisation=lab.laboratory, name="GLU 1", profile="astm", address="h")
    given = {"instrument_id": machine.id, "laboratory_id": lab.laboratory.id, "at": AT}
    named, unnamed, foreign = lab.collect(), lab.collect(), make_lab().collect()
    unknown = [reading(tube, "1", "XYZ") for tube in (named, "NOBODYS-9", foreign)]
    results.take([*unknown, Reading("", "NCOV", value="Negative")], message_id=uuid4(), **given)
    late = Received(str(machine.id), machine.id, "astm", "h", b"?", AT, "kept")
    keep_messages([late], at=AT)
    assert set(kinds()) == {"barcode_unknown", "barcode_unreadable", "not_understood"}
    unreadable = Trouble.objects.get(kind="barcode_unreadable")
    unread, code = Trouble.objects.filter(kind="not_understood").order_by("subject")
    assert [queries.list_specimens(one, LATER) for one in (code, unread, unreadable)] == [[named.barcode], [], []]
    assert [len(queries.list_instruments(one)) for one in (code, unread, unreadable)] == [1, 0, 1]
    by = {"actor": lab.bench, "at": LATER}
    for barcode, says in (("", "missing"), (foreign.barcode, "unknown_choice")):
        with pytest.raises(Refused, match=says):
            actions.ask_instrument(unreadable, machine.id, barcode=barcode, **by)
    actions.ask_instrument(code, machine.id, **by)
    actions.ask_instrument(unreadable, machine.id, barcode=unnamed.barcode.lower(), **by)
    asked = {one.specimen for one in queries.list_asked(unreadable, LATER)}
    assert asked == {named.barcode, unnamed.barcode} == set(ResultRequest.objects.values_list("specimen", flat=True))


def test_every_tube_that_waits_is_asked_for_and_running_again_is_looked_at_first(lab, monkeypatch):
    machine = Instrument.objects.create(organisation=lab.laboratory, name="GLU 1", profile="astm", address="h")
    tubes = [lab.collect() for _ in range(3)]
    codes = [tube.barcode for tube in tubes]
    box = specimens.seal_box(lab.site, code="BOX-1", barcodes=codes, actor=lab.collector, at=AT)
    specimens.receive_box(box, barcodes=codes, actor=lab.bench, at=AT)
    late = AT + timedelta(hours=9)
    assert kinds(late) == ["not_tested"]
    trouble = Trouble.objects.get()
    again = {"by": "orders", "within": 10, "status": "F", "message": "QRY^R02", "name": ""}
    monkeypatch.setattr(type(shipped("astm")), "asks", property(lambda one: one.again.get("by") and again["by"]))
    with pytest.raises(Refused, match="look_first"):
        actions.ask_instrument(trouble, machine.id, actor=lab.bench, at=late)
    actions.ask_instrument(trouble, machine.id, actor=lab.bench, at=late, is_safe=True)
    assert sorted(ResultRequest.objects.values_list("specimen", "means")) == [
        (code, "orders") for code in sorted(codes)
    ]


def test_a_site_sees_its_own_open_troubles_and_no_others(lab):
    clash(lab)
    clash(make_lab())
    kinds()
    places = access.access_troubles(lab.collector)
    found = queries.list_open(laboratory_ids=places.laboratories, organisation_ids=places.organisations)
    assert [row.site_id for row in found] == [lab.site.id]
    assert len(queries.list_open(laboratory_ids=access.access_troubles(lab.bench).laboratories)) == 1


def test_trouble_in_a_batch_is_looked_at_at_once(lab):
    take(lab, reading(lab.collect(panel="CBC"), "900", "HGB"))
    outbox.run_pending(LATER)
    assert "implausible" in Trouble.objects.values_list("kind", flat=True)
    assert Observation.objects.get().status == "review"
