"""From a reading to what a person may see: matched, judged, released to all of a tube at once, corrected, never lost."""

import io
import itertools
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from pypdf import PdfReader

from huizhen.kernel import outbox
from huizhen.kernel.access import NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.notify.models import Notification
from huizhen.lab.instruments.actions import keep_messages
from huizhen.lab.instruments.models import Instrument, RawMessage
from huizhen.lab.instruments.readings import Reading, Status, Understood
from huizhen.lab.instruments.received import Received
from huizhen.lab.refused import Refused
from huizhen.lab.results import access, actions, queries
from huizhen.lab.results.models import ControlRun, Held, Observation, Released
from huizhen.lab.results.orders import orders_of
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.specimens.models import TestOrder, Tube
from huizhen.lab.specimens.queries import person_key
from huizhen.lab.specimens.rules import Entry
from huizhen.lab.tests.builders import AT, control, entry, failed, make_lab, patients_of, reading
from huizhen.people.tests.builders import make_member
from huizhen.records.merging.actions import merge_patients

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=3)
MACHINE = uuid4()


def take(*readings, message=None, at=LATER, machine=MACHINE):
    return actions.take(readings, message_id=message or uuid4(), instrument_id=machine, at=at)


def seen(patient_id):
    """What the look-up finds: finding and version."""
    return [(row.finding, row.version) for row in queries.list_released(person_key(patient_id), AT)]


def test_a_negative_mixed_tube_is_released_to_all_its_persons_and_taken_twice_changes_nothing(lab):
    tube, message = lab.collect(10), uuid4()
    taken = take(reading(tube, "Not detected"), message=message)
    again = take(reading(tube, "Not detected"), message=message)
    assert (len(taken.released), again.messages, Observation.objects.count()) == (1, 0, 1)
    people = patients_of([tube])
    assert [seen(one) for one in people] == [[(1, 1)]] * 10
    assert Released.objects.count() == 10
    tube.refresh_from_db()
    assert (tube.tested_at, tube.released_at) == (LATER, LATER)


@pytest.mark.parametrize(("value", "finding"), [("Detected", 2), ("可疑", 3)])
def test_a_mixed_tube_that_is_not_negative_is_withheld_and_everybody_is_tested_again_alone(lab, value, finding):
    tube = lab.collect(5)
    [row] = take(reading(tube, value)).observations
    assert (row.status, row.finding, Released.objects.count()) == ("withheld", finding, 0)
    people = patients_of([tube])
    assert {order.patient_id for order in TestOrder.objects.filter(because_of=tube)} == set(people)
    take(reading(tube, value))
    assert TestOrder.objects.filter(because_of=tube).count() == 5
    patient = tube.persons.first().patient
    single = lab.collect(entries=[entry()])
    assert TestOrder.objects.filter(because_of=tube, fulfilled_by=None).count() == 5
    known = specimens.find_or_register  # who comes again is known by the card
    assert known(lab.home.id, who(patient), actor=lab.collector, at=AT).id == patient.id
    single = lab.collect(entries=[who(patient)])
    assert TestOrder.objects.get(because_of=tube, patient=patient).fulfilled_by_id == single.id


def who(patient):
    return entry().__class__(name=patient.name, number=patient.identity_number)


def test_controls_are_kept_apart_and_a_failed_one_sends_values_to_review(lab):
    first, second = lab.collect(), lab.collect()
    take(control("PC-1", "Detected"), control("NC-7", "Not detected"), reading(first, "Not detected"))
    assert list(ControlRun.objects.values_list("in_control", flat=True)) == [True, True]
    assert not Held.objects.exists()
    [row] = take(control("NC-8", "Detected"), reading(second, "Not detected")).observations
    assert (row.status, row.reasons) == ("review", ["control"])
    [row] = take(reading(lab.collect(), "Negative"), machine=uuid4()).observations
    assert row.status == "released", "another instrument's control is none of its business"


@pytest.mark.parametrize(
    ("test", "value", "given", "status", "reasons"),
    [
        ("HGB", "140", {}, "released", []),
        ("HGB", "165", {}, "released", []),
        ("HGB", "45", {}, "review", ["critical"]),
        ("HGB", "900", {}, "review", ["implausible", "critical"]),
        ("WBC", "6.1", {"unit": "10^9/L"}, "released", []),
        ("WBC", "6.1", {"unit": "x10E9/L"}, "released", []),
        ("WBC", "6.1", {"unit": "g/L"}, "review", ["unit"]),
        ("WBC", "viele", {}, "review", ["unreadable"]),
        ("WBC", "<0.5", {}, "review", ["critical"]),
        ("PLT", "200", {"status": Status.PRELIMINARY}, "review", ["preliminary"]),
        ("PLT", "200", {"measured_at": AT - timedelta(hours=1)}, "review", ["before_collection"]),
        ("GLU", "5.0", {}, "review", ["not_ordered"]),
        ("718-7", "140", {}, "released", []),
    ],
)
def test_rules_release_what_they_may(lab, test, value, given, status, reasons):
    tube = lab.collect(panel="CBC")
    [row] = take(reading(tube, value, test, **given)).observations
    assert (row.status, row.reasons) == (status, reasons)


def test_the_range_is_that_of_sex_and_age(lab):
    woman = lab.collect(panel="CBC", entries=[entry(sex="female")])
    man = lab.collect(panel="CBC", entries=[entry(sex="male")])
    child = lab.collect(panel="CBC", entries=[entry(born=date(2020, 1, 1))])
    found = take(*(reading(tube, "160", "HGB") for tube in (woman, man, child))).observations
    assert [row.finding for row in found] == [12, 10, 15]


def test_a_leap_from_the_last_value_is_looked_at(lab):
    somebody = entry()
    tubes = [lab.collect(panel="CBC", entries=[somebody]) for _ in range(3)]
    for days, tube in enumerate(tubes):
        Tube.objects.filter(id=tube.id).update(collected_at=AT + timedelta(days=days))
    rows = [take(reading(tube, value, "HGB"), at=LATER + timedelta(days=days)).observations[0]
            for tube, value, days in zip(tubes, ("140", "90", "140"), (0, 1, 9), strict=True)]  # fmt: skip
    assert [row.reasons for row in rows] == [[], ["delta"], []]


@pytest.mark.parametrize("turned", [False, True])
def test_a_leap_is_found_under_another_record_of_the_same_person(lab, turned):
    passport = Entry(name="刘桂兰", kind="passport", number="E40218871", sex="female", birth_on="1980-05-06")
    tubes = [lab.collect(panel="CBC", entries=[one]) for one in (entry("刘桂兰"), passport)]
    Tube.objects.filter(id=tubes[1].id).update(collected_at=AT + timedelta(days=1))
    take(reading(tubes[0], "140", "HGB"))
    both = [tube.persons.get().patient for tube in tubes]
    merge_patients(*(reversed(both) if turned else both), actor=lab.second, at=LATER)
    [row] = take(reading(tubes[1], "90", "HGB"), at=LATER + timedelta(days=1)).observations
    assert row.reasons == ["delta"]


def test_what_cannot_become_an_observation_is_kept_whole(lab):
    tube = lab.collect()
    void = lab.collect()
    specimens.void_tube(void.id, actor=lab.bench, at=AT, reason="spilt")
    lines = [Reading("", "NCOV", value="Negative"), reading("NOBODY-1", "Negative"), reading(tube, "1", "XYZ"),
             failed(tube), reading(tube, "INVALID"), reading(void, "Negative")]  # fmt: skip
    take(*lines)
    kinds = ["no_specimen", "unknown_specimen", "unknown_code", "failed", "failed", "voided"]
    assert list(Held.objects.order_by("ordinal").values_list("kind", flat=True)) == kinds
    assert not Observation.objects.exists()
    tube.refresh_from_db()
    assert tube.tested_at is None


def test_a_result_for_a_strangers_barcode_reaches_nobody_and_is_not_tried_at_every_turn(lab):
    tube, other = lab.collect(barcode="SHARED-1"), make_lab()
    given = {"message_id": uuid4(), "instrument_id": MACHINE, "laboratory_id": other.laboratory.id, "at": LATER}
    assert not actions.take([reading(tube, "Positive"), reading("SOON-0001", "Positive")], **given).observations
    assert list(Held.objects.order_by("ordinal").values_list("kind", flat=True)) == [
        "foreign_specimen", "unknown_specimen",
    ]  # fmt: skip
    lab.collect(barcode="SOON-0001")  # at the laboratory that did not send it
    assert not actions.retry_held(at=LATER).observations
    assert set(Held.objects.values_list("kind", "settled_at")) == {("foreign_specimen", None)}
    assert not actions.retry_held(at=LATER).held
    mine = actions.take(
        [reading(tube, "Negative")], **given | {"message_id": uuid4(), "laboratory_id": lab.laboratory.id}
    )
    assert (len(mine.released), [seen(one) for one in patients_of([tube])]) == (1, [[(1, 1)]])


def test_a_result_that_came_before_its_tube_is_released_when_the_phone_has_sent_it(lab):
    take(reading("LATE-0001", "Negative"), reading("NEVER-0001", "Negative"))
    tube = lab.collect(5, barcode="LATE-0001")
    assert len(actions.retry_held(at=LATER).released) == 1
    assert not actions.retry_held(at=LATER).observations
    assert [seen(one) for one in patients_of([tube])] == [[(1, 1)]] * 5
    assert Held.objects.get(settled_at=None).barcode == "NEVER-0001"


def test_further_readings_repeat_correct_or_contradict(lab):
    tube = lab.collect()
    take(reading(tube, "Negative"))
    assert take(reading(tube, "Not detected")).observations == []
    [row] = take(reading(tube, "Positive")).observations
    assert (row.version, row.status, row.reasons) == (2, "review", ["positive", "conflict"])
    assert seen(patients_of([tube])[0]) == [(1, 1)]
    actions.release(row.id, actor=lab.bench, at=LATER)
    assert actions.release(row.id, actor=lab.bench, at=LATER + timedelta(1)).released_at == LATER
    assert seen(patients_of([tube])[0]) == [(2, 2)]


def test_a_correction_is_a_new_version_beside_the_old_one(lab):
    tube = lab.collect(panel="CBC")
    [old] = take(reading(tube, "140", "HGB")).observations
    with pytest.raises(Refused):
        actions.correct(old.id, value="many", reason="typo", actor=lab.bench, at=LATER)
    new = actions.correct(old.id, value="102", reason="tubes swapped", actor=lab.bench, at=LATER)
    assert (new.version, new.finding, new.series) == (2, 11, old.series)
    assert Observation.objects.get(id=old.id).value == "140"
    with pytest.raises(Refused):
        actions.correct(old.id, value="99", reason="again", actor=lab.bench, at=LATER)
    assert not queries.is_current([old.id])
    assert queries.is_current([new.id])


def test_a_rejected_value_is_shown_to_nobody(lab):
    tube = lab.collect(panel="CBC")
    [row] = take(reading(tube, "900", "HGB")).observations
    actions.reject(row.id, reason="air bubble", actor=lab.bench, at=LATER)
    with pytest.raises(Refused):
        actions.release(row.id, actor=lab.bench, at=LATER)
    assert seen(patients_of([tube])[0]) == []
    [again] = take(reading(tube, "140", "HGB")).observations
    assert (again.version, again.status) == (2, "review")


def test_the_database_refuses_to_overwrite_and_to_forget(lab):
    take(reading(lab.collect(), "Negative"))
    row = Observation.objects.get()
    broken = [
        lambda: Observation.objects.filter(id=row.id).update(finding=2),
        lambda: Observation.objects.filter(id=row.id).update(status="review", released_at=None),
        lambda: row.delete(),
        lambda: Released.objects.update(finding=2),
        lambda: Released.objects.all().delete(),
    ]
    for act in broken:
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_nothing_that_says_what_somebody_has_stands_beside_a_name(lab):
    tube = lab.collect(panel="CBC")
    take(reading(tube, "140.25", "HGB"), reading("STRANGE-1", "77.77", "HGB"))
    with connection.cursor() as cursor:
        for table in ("lab_observation", "lab_held", "lab_released"):
            cursor.execute(f"SELECT coalesce(jsonb_agg(to_jsonb(t))::text, '') FROM {table} t")  # noqa: S608  # names above
            text = cursor.fetchone()[0]
            assert "140.25" not in text
            assert "77.77" not in text
            assert table != "lab_released" or str(patients_of([tube])[0]) not in text


def test_a_critical_value_rings_the_ordering_doctor_once(lab):
    doctor = make_member("applicant", lab.home).account
    tube = lab.collect(panel="CBC", doctor=str(doctor.id))
    take(reading(tube, "45", "HGB"))
    outbox.run_pending(LATER)
    rung = Notification.objects.get(kind="lab.results.critical")
    assert (rung.account_id, rung.urgency, rung.context["number"]) == (doctor.id, "urgent", tube.barcode)
    take(reading(lab.collect(panel="CBC"), "45", "HGB"))
    outbox.run_pending(LATER)
    later = Notification.objects.filter(kind="lab.results.critical").exclude(id=rung.id)
    assert set(later.values_list("account_id", flat=True)) == {lab.bench.account_id, lab.second.account_id}


def test_a_tube_is_shown_to_its_laboratory_and_its_doctor_and_each_look_is_noted(lab):
    tube = lab.collect(5)
    assert access.access_tube(lab.bench, tube.barcode).id == tube.id
    assert AuditEntry.objects.filter(action="lab.result.read").count() == 5
    for other in (lab.collector, make_lab().bench):
        with pytest.raises(NotVisible):
            access.access_tube(other, tube.barcode)


def test_a_paper_shows_what_is_released_and_knows_when_it_is_out_of_date(lab):
    tube = lab.collect(panel="CBC", entries=[entry("王小明", sex="male")])
    [row, _doubtful] = take(reading(tube, "165", "HGB"), reading(tube, "45000", "WBC")).observations
    patient = tube.persons.get().patient
    for language, words in (("zh-hans", ("王小明", "血红蛋白", "165", "130–175")), ("en", ("Haemoglobin", "165"))):
        printed = actions.print_report(tube, patient, language=language, actor=lab.bench, at=LATER)
        text = PdfReader(io.BytesIO(printed.pdf)).pages[0].extract_text()
        assert all(word in text for word in (*words, printed.paper.code)), text
        assert "45000" not in text
    actions.correct(row.id, value="150", reason="mixed up", actor=lab.bench, at=LATER)
    assert not queries.is_current(printed.paper.contents)
    with pytest.raises(Refused):
        actions.print_report(lab.collect(), patient, language="en", actor=lab.bench, at=LATER)


def test_weeks_are_made_ahead_and_take_over_what_came_before_them(lab):
    take(reading(lab.collect(10), "Negative"))
    made = actions.ensure_partitions(at=LATER, ahead=1)
    assert made == ["lab_released_2026w10", "lab_released_2026w11"]
    assert actions.ensure_partitions(at=LATER, ahead=1) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM lab_released_2026w10), (SELECT count(*) FROM lab_released_rest)")
        assert cursor.fetchone() == (10, 0)
    with pytest.raises(DatabaseError), transaction.atomic():
        Released.objects.update(finding=2)


def test_any_order_of_the_same_readings_ends_with_the_same_truth(lab):
    """What the persons see never depends on how readings were cut into messages."""
    for order in itertools.permutations(("a", "b", "c")):
        tubes = {name: lab.collect(5) for name in order}
        values = {"a": "Negative", "b": "Positive", "c": "Negative"}
        take(*(reading(tubes[name], values[name]) for name in order))
        visible = {name: bool(seen(patients_of([tube])[0])) for name, tube in tubes.items()}
        assert visible == {"a": True, "b": False, "c": True}


def test_kept_messages_are_matched_in_batches_and_one_that_breaks_holds_up_no_other(lab):
    machine = Instrument.objects.create(organisation=lab.laboratory, name="PCR 1", profile="x", address="192.0.2.1")
    tubes = [lab.collect(5) for _ in range(3)]
    batch = [
        Received(str(machine.id), machine.id, "hl7", "192.0.2.1:1", tube.barcode.encode(), AT, "kept") for tube in tubes
    ]
    keep_messages([*batch, Received(str(machine.id), machine.id, "hl7", "p", b"broken", AT, "kept")], at=AT)

    def understand(message):
        if message.payload == b"broken":
            raise ValueError("unheard of")
        return Understood((reading(message.payload.decode(), "Negative"),)), "x 1"

    assert (actions.match_kept(understand, at=LATER), actions.match_kept(understand, at=LATER)) == (4, 0)
    assert Released.objects.count() == 15
    assert list(RawMessage.objects.order_by("id").values_list("state", "readings")) == [
        *[("understood", 1)] * 3, ("set_aside", 0),
    ]  # fmt: skip


def test_an_instrument_is_told_what_to_test_and_only_in_its_own_laboratory(lab):
    tube = lab.collect(panel="CBC")
    told = orders_of(tube.barcode, organisation_id=lab.laboratory.id)
    assert {"WBC", "HGB", "PLT"} <= {order.test for order in told}
    assert orders_of(tube.barcode, organisation_id=make_lab().laboratory.id) == ()
    take(reading(tube, "140", "HGB"))
    assert orders_of(tube.barcode, organisation_id=lab.laboratory.id) == ()


def test_a_message_read_anew_brings_what_was_not_understood_before_and_doubles_nothing(lab):
    machine = Instrument.objects.create(organisation=lab.laboratory, name="PCR 1", profile="x", address="192.0.2.1")
    first, second = lab.collect(), lab.collect()
    keep_messages([Received(str(machine.id), machine.id, "hl7", "p", b"1", AT, "kept")], at=AT)
    lines = [control("PC-1", "Detected"), reading(first, "Negative"), reading(second, "Negative", "ODD")]
    actions.match_kept(lambda _message: (Understood(tuple(lines)), "x 1"), at=LATER)
    assert (Held.objects.get().kind, Released.objects.count()) == ("unknown_code", 1)
    RawMessage.objects.update(state="kept")
    lines[2] = reading(second, "Negative")
    actions.match_kept(lambda _message: (Understood(tuple(lines)), "x 2"), at=LATER)
    assert (Released.objects.count(), ControlRun.objects.count()) == (2, 1)
    assert Held.objects.get().settled_at == LATER
