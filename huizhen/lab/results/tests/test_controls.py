"""Controls: of each material the last one counts, where it stands among the values."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huizhen.lab.catalogue.models import ControlTarget, Item
from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.instruments.actions import keep_messages
from huizhen.lab.instruments.models import Instrument, RawMessage
from huizhen.lab.instruments.readings import Kind, Reading, Understood
from huizhen.lab.instruments.received import Received
from huizhen.lab.results import actions
from huizhen.lab.results.controls import Place, hold
from huizhen.lab.results.models import ControlRun, Observation
from huizhen.lab.tests.builders import AT, control, reading

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=3)
HOUR = timedelta(hours=1)
MACHINE = uuid4()
GOOD = {"NC": "Not detected", "PC": "Detected"}
BAD = {"NC": "Detected", "PC": "Not detected"}


def take(lab, *lines, at=LATER, message=None):
    given_ = {"instrument_id": MACHINE, "laboratory_id": lab.laboratory.id, "at": at}
    return actions.take(lines, message_id=message or uuid4(), **given_).observations


def good(lot):
    return control(f"{lot}-1", GOOD[lot])


def bad(lot):
    return control(f"{lot}-2", BAD[lot])


def negative(lab):
    return reading(lab.collect(), "Negative")


def open_cases(at):
    exceptions.look(at=at)
    return list(Trouble.objects.filter(kind="control_failed", closed_at=None).values_list("barcode", "count"))


def test_a_good_negative_control_does_not_hide_that_the_positive_one_failed(lab):
    for hours, lines in enumerate(((bad("PC"), good("NC")), (good("NC"), bad("PC")))):
        at = LATER + hours * 2 * HOUR
        [row] = take(lab, *lines, negative(lab), at=at)
        assert (row.status, row.reasons) == ("review", ["control"])
        assert open_cases(at) == [("PC-2", 1)]
        [row] = take(lab, negative(lab), at=at + HOUR)
        assert row.status == "review", "also in the next message"
        assert take(lab, good("PC"), negative(lab), at=at + HOUR)[0].status == "released"
        assert open_cases(at + HOUR) == []
    take(lab, bad("PC"), bad("NC"), at=LATER + 5 * HOUR)
    [(_lot, count)] = open_cases(LATER + 5 * HOUR)
    assert count == 2


def test_a_control_counts_for_what_comes_after_it_and_a_failed_one_for_what_came_since_the_last_good_one(lab):
    lines = [negative(lab), good("PC"), negative(lab), bad("PC"), negative(lab), good("PC"), negative(lab)]
    found = [row.status for row in take(lab, *lines)]
    assert found == ["released", "review", "review", "released"]


def test_a_backlog_in_one_batch_is_judged_in_its_order(lab):
    messages = [(bad("NC"),), (negative(lab),), (good("NC"),), (negative(lab),)]
    heard = [actions.Heard(uuid4(), lines, MACHINE, lab.laboratory.id) for lines in messages]
    found = actions.take_batch(heard, at=LATER).observations
    assert [row.status for row in found] == ["review", "released"]


def test_a_calibration_clears_nothing_and_fails_nothing(lab):
    def calibration(value):
        return Reading(specimen="PC-CAL", test="NCOV", value=value, kind=Kind.CALIBRATION)

    assert take(lab, bad("PC"), calibration("Detected"), negative(lab))[0].status == "review"
    assert take(lab, good("PC"), calibration("INVALID"), negative(lab), at=LATER + HOUR)[0].status == "released"
    assert open_cases(LATER + HOUR) == []


@pytest.mark.parametrize(
    "said",
    [{"reason": "CONTROL_FAILED PLT_ABOVE_TOLERANCE"}, {"reason": "质控失控"}, {"flags": ("QC_FAIL",)}],
)
def test_the_devices_own_word_counts_where_the_target_holds_or_is_missing(lab, said):
    ControlTarget.objects.create(item=Item.objects.get(code="PLT"), lot="PX", low=200, high=400)
    tube = lab.collect(panel="CBC")
    for lot in ("PX440N", "OTHER"):
        line = Reading(specimen=lot, test="PLT", value="308", kind=Kind.CONTROL, **said)
        [row] = take(lab, line, reading(lab.collect(panel="CBC"), "250", "PLT"))
        assert (row.status, row.reasons) == ("review", ["control"])
        take(lab, Reading(specimen=lot, test="PLT", value="308", kind=Kind.CONTROL, reason="ABXdifftrol N"))
    assert take(lab, reading(tube, "250", "PLT"))[0].status == "released"


def test_a_failed_control_does_not_run_out_overnight(lab):
    take(lab, bad("PC"))
    assert take(lab, negative(lab), at=LATER + timedelta(days=2))[0].status == "review"
    assert open_cases(LATER + timedelta(days=2)) == [("PC-2", 1)]


def test_what_waited_for_its_tube_is_judged_by_the_controls_of_its_own_time(lab):
    kinds = {"BEFORE-01": (good("PC"), ()), "AFTER-001": ((), bad("PC")), "BETWEEN-1": (bad("PC"), ())}
    for hours, (barcode, (first, then)) in enumerate(kinds.items()):
        at = LATER + hours * 3 * HOUR
        take(lab, *([first] if first else []), at=at)
        take(lab, reading(barcode, "Negative"), at=at + HOUR / 2)
        take(lab, *([then] if then else []), at=at + HOUR)
        take(lab, good("PC"), at=at + 2 * HOUR)
    for barcode in kinds:
        lab.collect(barcode=barcode)
    rows = actions.retry_held(at=LATER + 21 * HOUR).observations
    found = {row.tube.barcode: (row.status, row.reasons) for row in rows}
    held = ("review", ["control"])
    assert found == {"BEFORE-01": ("released", []), "AFTER-001": held, "BETWEEN-1": held}


def test_a_message_read_anew_is_judged_by_the_controls_of_its_own_time(lab):
    machine = Instrument.objects.create(organisation=lab.laboratory, name="PCR 1", profile="x", address="192.0.2.1")
    keep_messages([Received(str(machine.id), machine.id, "hl7", "p", b"1", AT, "kept")], at=AT)
    lines = [bad("PC"), reading(lab.collect(), "Negative", "ODD")]
    actions.match_kept(lambda _message: (Understood(tuple(lines)), "x 1"), at=LATER)
    given_ = {"message_id": uuid4(), "instrument_id": machine.id, "laboratory_id": lab.laboratory.id}
    actions.take([good("PC")], at=LATER + HOUR, **given_)
    RawMessage.objects.update(state="kept")
    lines[1] = reading(lines[1].specimen, "Negative")
    actions.match_kept(lambda _message: (Understood(tuple(lines)), "x 2"), at=LATER + 2 * HOUR)
    row = Observation.objects.get()
    assert (row.status, row.reasons) == ("review", ["control"])


def test_who_reviews_what_waits_is_told_of_a_control_that_failed_after_it(lab):
    take(lab, good("PC"))
    [early] = take(lab, reading(lab.collect(), "Positive"), at=LATER + HOUR)
    take(lab, good("PC"), at=LATER + 2 * HOUR)
    [late] = take(lab, reading(lab.collect(), "Positive"), at=LATER + 3 * HOUR)
    take(lab, bad("PC"), at=LATER + 4 * HOUR)
    found = dict(Observation.objects.values_list("id", "reasons"))
    assert found == {early.id: ["positive"], late.id: ["positive", "control"]}


STEPS = st.lists(st.sampled_from(["value", "NC good", "NC bad", "PC good", "PC bad", "cut"]), min_size=1, max_size=9)


def failing(steps):
    """At each step, whether the last control of any lot there had failed."""
    out, found = set(), []
    for step in steps:
        lot, _, how = step.partition(" ")
        if how:
            (out.add if how == "bad" else out.discard)(lot)
        found.append(bool(out))
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_order_of_controls_and_values_releases_nothing_while_the_last_of_any_lot_has_failed(lab, steps):
    """`cut` begins another message, an hour later."""
    machine, at = uuid4(), LATER
    batch, tubes = [], {}

    def send():
        nonlocal batch
        given_ = {"instrument_id": machine, "laboratory_id": lab.laboratory.id, "at": at}
        actions.take(batch, message_id=uuid4(), **given_)
        batch = []

    for place, step in enumerate(steps):
        lot, _, how = step.partition(" ")
        if step == "cut":
            send()
            at += HOUR
        elif step == "value":
            tubes[place] = lab.collect()
            batch.append(reading(tubes[place], "Negative"))
        else:
            batch.append((good if how == "good" else bad)(lot))
    send()
    status = dict(Observation.objects.values_list("tube_id", "status"))
    out = failing(steps)
    for place, tube in tubes.items():
        assert not (out[place] and status[tube.id] == "released"), steps
        if not any("bad" in step for step in steps):
            assert status[tube.id] == "released", steps
    assert ControlRun.objects.filter(instrument_id=machine).count() == sum(" " in step for step in steps)


@given(steps=st.lists(st.sampled_from(["value", "NC good", "NC bad", "PC good", "PC bad"]), max_size=30))
def test_a_value_is_held_by_what_stands_before_it_and_by_what_comes_next(steps):
    key = (MACHINE, 1)
    places = [Place(key) if step == "value" else Place(key, step[:2], step.endswith("good")) for step in steps]
    found = hold(places, {})
    for place, step in enumerate(steps):
        next_of = [next((one for one in steps[place:] if one.startswith(lot)), "good") for lot in GOOD]
        expected = not failing(steps)[place] and not any(one.endswith("bad") for one in next_of)
        assert step != "value" or found[place] == expected
