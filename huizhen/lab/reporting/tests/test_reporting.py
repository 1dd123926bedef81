"""Exactly once: whatever is lost, doubled, slow or killed, both ledgers hold the same in the end."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import DatabaseError, transaction
from fhir.resources.R4B.bundle import Bundle
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from huizhen.config.cli import parser_of
from huizhen.kernel import clock, outbox
from huizhen.kernel.audit.models import AuditEntry
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.instruments.codecs import hl7
from huizhen.lab.reporting import access, actions, fakes, formats, queries, rules, sending
from huizhen.lab.reporting.actions import backfilling
from huizhen.lab.reporting.fakes import Mood, Platform, PlatformServer, read_ids
from huizhen.lab.reporting.models import Batch, Delivery, Upstream
from huizhen.lab.reporting.ports import Answer, HttpReceiver, Outcome, Receipt
from huizhen.lab.results import actions as results
from huizhen.lab.tests.builders import AT, make_lab, reading

pytestmark = pytest.mark.django_db
STEPS = ("claim", "send", "settle", "ask", "wait", "run")


def make_upstream(lab, form="fhir", url="http://127.0.0.1:9/batches", **given):
    return Upstream.objects.create(organisation=lab.laboratory, name="省平台", format=form, url=url, **given)


def release(lab, tubes=3, persons=5, at=AT):
    lines = [reading(lab.collect(1 if persons == 1 else 5, persons=persons), "Negative") for _ in range(tubes)]
    results.take(lines, message_id=uuid4(), instrument_id=None, at=at)
    actions.enlist(at=at)


def ours(state="accepted"):
    return set(Delivery.objects.filter(state=state).values_list("id", flat=True))


def drain(upstream, platform, travel, most=60):
    """Hours pass, and the platform is well again."""
    platform.moods.clear()
    for _ in range(most):
        travel.shift(timedelta(minutes=11))
        sending.catch_up(upstream, platform)
        if not Delivery.objects.filter(state__in=["waiting", "sending"]).exists():
            return
    raise AssertionError("it never ended")


@pytest.mark.parametrize("form", ["hl7", "fhir", "excel"])
def test_every_result_is_reported_once_with_its_receipt(form):
    lab, platform = make_lab(), Platform()
    upstream = make_upstream(lab, form)
    release(lab)
    actions.enlist(at=AT)
    assert sending.catch_up(upstream, platform) == 15
    assert ours() == set(platform.accepted)
    assert set(Delivery.objects.values_list("receipt", flat=True)) == set(platform.accepted.values())
    [standing] = queries.get_standings([upstream])
    assert (standing.accepted, standing.waiting, standing.open_batches) == (15, 0, 0)


@pytest.mark.parametrize("after", range(4))
def test_killed_after_any_step_nothing_is_lost_and_nothing_doubled(after):
    """Each step is a transaction of its own: to die after it is not to do the next."""
    with time_machine.travel(AT, tick=False) as travel:
        lab, platform = make_lab(), Platform()
        upstream = make_upstream(lab)
        release(lab)
        if after >= 1:
            batch = actions.claim(upstream.id, at=AT)
        if after >= 2:
            written = queries.list_reported(batch.id)
            answer = platform.send(batch.id, *formats.encode("fhir", batch.id, written, at=AT))
        if after >= 3:
            actions.settle(batch.id, answer, at=AT)
            actions.settle(batch.id, Answer(Outcome.NEVER_HEARD), at=AT)
        assert not sending.ask_about_unknown(upstream, platform, at=AT), "a call may still be under way"
        drain(upstream, platform, travel)
        assert (ours(), platform.duplicates, len(platform.accepted)) == (set(platform.accepted), 0, 15)


@settings(max_examples=12, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(
    moods=st.lists(st.sampled_from(list(Mood)), max_size=6),
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=14),
    poisoned=st.sets(st.integers(0, 5), max_size=2),
    strict=st.booleans(),
)
def test_any_history_of_faults_ends_with_equal_ledgers(moods, steps, poisoned, strict):
    with transaction.atomic(), time_machine.travel(AT, tick=False) as travel:
        lab, platform = make_lab(), Platform(strict=strict)
        upstream = make_upstream(lab)
        release(lab, tubes=2, persons=3)
        everybody = sorted(Delivery.objects.values_list("id", flat=True))
        platform.poison = {everybody[place] for place in poisoned}
        platform.moods.extend(moods)
        walk(steps, upstream, platform, travel)
        drain(upstream, platform, travel)
        assert ours() == set(platform.accepted) == set(everybody) - platform.poison
        assert ours("refused") == platform.poison
        assert Trouble.objects.filter(kind="report_refused").count() == len(platform.poison)
        transaction.set_rollback(True)


def walk(steps, upstream, platform, travel):
    """Do only some of the steps, as a process that is killed now and then does."""
    batch = answer = None
    for step in steps:
        if step == "wait":
            travel.shift(timedelta(seconds=40))
        elif step == "run":
            sending.catch_up(upstream, platform, most=2)
        elif step == "ask":
            sending.ask_about_unknown(upstream, platform, at=clock.now())
        elif step == "claim":
            batch, answer = actions.claim(upstream.id, at=clock.now()), None
        elif step == "send" and batch and not answer:
            payload = formats.encode("fhir", batch.id, queries.list_reported(batch.id), at=AT)
            answer = platform.send(batch.id, *payload) if json.loads(payload[0])["entry"] else None
        elif step == "settle" and batch and answer:
            actions.settle(batch.id, answer, at=clock.now())
            batch = answer = None


def test_a_batch_without_an_answer_is_asked_about_and_never_sent_again_blindly():
    with time_machine.travel(AT, tick=False) as travel:
        lab, platform = make_lab(), Platform()
        upstream = make_upstream(lab)
        release(lab)
        platform.moods.append(Mood.LOSE_ANSWER)
        sending.catch_up(upstream, platform)
        assert (Batch.objects.get().state, len(platform.accepted), ours()) == ("unknown", 15, set())
        sending.catch_up(upstream, platform)
        assert Batch.objects.count() == 1
        travel.shift(timedelta(minutes=2))
        sending.catch_up(upstream, platform)
        assert (Batch.objects.get().state, platform.duplicates, len(ours())) == ("answered", 0, 15)


def test_a_platform_that_is_busy_gets_its_pause_and_a_day_of_outage_is_caught_up():
    with time_machine.travel(AT, tick=False) as travel:
        lab, platform = make_lab(), Platform()
        upstream = make_upstream(lab)
        platform.moods.extend([Mood.BUSY, Mood.DOWN])
        for hour in range(4):
            release(lab, tubes=1, at=AT + timedelta(hours=hour))
        assert sending.send_next(upstream, platform, at=AT) == 20
        assert sending.send_next(upstream, platform, at=AT + timedelta(seconds=29)) == 0
        travel.shift(timedelta(days=1))
        assert actions.report_late([upstream], at=clock.now()) == 1
        assert actions.report_late([upstream], at=clock.now()) == 0
        late = Trouble.objects.get()
        assert (late.kind, late.count, late.case.state) == ("not_reported", 20, "open")
        drain(upstream, platform, travel)
        assert ours() == set(platform.accepted)
        assert len(platform.accepted) == 20
        assert actions.report_late([upstream], at=clock.now()) == 0
        late.refresh_from_db()
        assert (late.case.state, late.closed_by, late.closed_at) == ("solved", None, clock.now())


def test_back_pressure_stops_new_batches_while_too_many_have_no_answer():
    lab = make_lab()
    upstream = make_upstream(lab)
    release(lab, tubes=rules.MOST_OPEN + 1, persons=1)
    made = [actions.claim(upstream.id, at=AT, limit=1) for _ in range(rules.MOST_OPEN + 1)]
    assert [batch is None for batch in made] == [False] * rules.MOST_OPEN + [True]


def test_a_correction_is_a_delivery_of_its_own_and_what_was_accepted_stays():
    lab, platform = make_lab(), Platform()
    upstream = make_upstream(lab)
    tube = lab.collect(panel="CBC")
    [row] = results.take([reading(tube, "140", "HGB")], message_id=uuid4(), instrument_id=None, at=AT).observations
    actions.enlist(at=AT)
    results.correct(row.id, value="104", reason="swapped", actor=lab.bench, at=AT)
    actions.enlist(at=AT)
    sending.catch_up(upstream, platform)
    assert len(platform.accepted) == 2
    with pytest.raises(DatabaseError), transaction.atomic():
        Delivery.objects.update(state="waiting", settled_at=None)


def test_what_was_refused_is_sent_again_after_it_was_put_right():
    lab, platform = make_lab(), Platform()
    upstream = make_upstream(lab)
    release(lab, tubes=1, persons=1)
    [one] = Delivery.objects.values_list("id", flat=True)
    platform.poison = {one}
    sending.catch_up(upstream, platform)
    assert ours("refused") == {one}
    platform.poison = set()
    row = access.access_delivery(lab.bench, one)
    assert [actions.send_again(row, actor=lab.bench, at=AT) for _ in range(2)] == [True, False]
    assert AuditEntry.objects.filter(action="lab.reporting.sent_again").count() == 1
    actions.close_accepted(at=AT)
    assert Trouble.objects.get().closed_at is None, "it waits, and is not accepted"
    sending.catch_up(upstream, platform)
    actions.close_accepted(at=AT)
    assert ours() == {one}
    assert (Trouble.objects.get().closed_at, Trouble.objects.get().case.state) == (AT, "solved")


def test_over_http_every_ending_has_its_name():
    batch, one = uuid4(), uuid4()
    payload = formats.write_excel(batch, [reported(id=one)], at=AT)
    with PlatformServer() as served:
        receiver = HttpReceiver(served.url)
        assert receiver.ask(batch).outcome == Outcome.NEVER_HEARD
        served.platform.moods.extend([Mood.BUSY, Mood.LOSE_ANSWER])
        busy = receiver.send(batch, payload, formats.EXCEL)
        assert (busy.outcome, busy.wait) == (Outcome.BUSY, 30)
        assert receiver.send(batch, payload, formats.EXCEL).outcome == Outcome.UNKNOWN
        assert receiver.ask(batch).receipts[one].status == "accepted"
        assert receiver.send(batch, payload, formats.EXCEL).receipts[one].status == "duplicate"
        served.platform.strict, served.platform.poison = True, {one}
        assert receiver.send(batch, payload, formats.EXCEL).outcome == Outcome.REFUSED_WHOLE
    assert HttpReceiver("http://127.0.0.1:9/x").send(batch, b"", "x").outcome == Outcome.NOT_ARRIVED


def test_a_released_result_that_no_delivery_is_about_is_found_and_closes_when_it_is_put_there():
    with time_machine.travel(AT, tick=False):
        lab = make_lab()
        release(lab, tubes=1, persons=3, at=AT - timedelta(minutes=1))
        upstream = make_upstream(lab, id=UUID(int=(int(AT.timestamp() * 1000) << 80) | 0x7000_8 << 60))
        release(lab, tubes=1, persons=1)
    Upstream.objects.update(is_active=False)
    release(lab, tubes=1, persons=5, at=AT + timedelta(minutes=1))
    Upstream.objects.update(is_active=True)
    assert actions.report_missed([upstream], at=AT + timedelta(hours=1)) == 0, "it has its time"
    late = AT + timedelta(hours=3)
    assert [actions.report_missed([upstream], at=late) for _ in range(2)] == [1, 0]
    case = Trouble.objects.get()
    assert (case.kind, case.count, case.case.team_organisation_id) == ("not_enlisted", 5, lab.laboratory.id)
    assert actions.report_missed([upstream], at=AT + timedelta(days=4)) == 0
    assert Trouble.objects.get().closed_at is None, "it is not forgotten because it grows old"
    run = actions.begin_backfill(upstream, AT, expected=5, actor=lab.bench, at=late)
    while actions.fill_part(run.id, at=late):
        pass
    actions.report_missed([upstream], at=late)
    assert Trouble.objects.get().case.state == "solved"


def test_the_simulated_platform_takes_its_moods_from_the_command_line(capsys):
    given = vars(parser_of(fakes.main, "simulate-upstream").parse_args(["8791", "--mood", "busy,busy, twice"]))
    assert given == {"port": 8791, "mood": "busy,busy, twice", "delay": 30.0, "strict": False}
    assert fakes.read_moods(given["mood"]) == [Mood.BUSY, Mood.BUSY, Mood.TWICE]
    assert fakes.read_moods("") == []
    assert fakes.main(mood="busy,grumpy") == 2
    said = capsys.readouterr().err
    assert "'grumpy'" in said
    assert all(mood in said for mood in Mood)


def reported(**given):
    values = {
        "id": uuid4(), "name": "O'Neil|^~\\&王", "identity_kind": "resident", "identity_number": "11010119800506002X",
        "phone": lambda: "13800000000", "sex": "female", "birth_on": AT.date(), "laboratory": "检验中心", "laboratory_code": "JC&1", "barcode": "B|1",
        "capacity": 1, "collected_at": AT, "released_at": AT, "loinc": "718-7", "item": "HGB", "item_name": "血红蛋白",
        "value": "140", "unit": "g/L", "finding": 10, "version": 1,
    }  # fmt: skip
    return formats.Reported(**{**values, **given})


def test_what_is_written_reads_back_and_fits_its_standard():
    rows = [reported(), reported(value="negative", finding=1, unit=""), reported(value="<0.5", finding=13, version=2)]
    batch = UUID(int=1)
    for form in ("hl7", "fhir", "excel"):
        payload, media_type = formats.encode(form, batch, rows, at=AT)
        assert read_ids(payload, media_type) == [row.id for row in rows]
    bundle = Bundle.model_validate_json(formats.write_fhir(batch, rows, at=AT))
    assert [entry.resource.status for entry in bundle.entry] == ["final", "final", "corrected"]
    assert bundle.entry[0].resource.valueQuantity.value == 140
    first = formats.write_hl7(batch, rows, at=AT).split(b"MSH|")[1]
    message = hl7.parse(b"MSH|" + first)
    assert message.text(message.first("PID"), 5) == rows[0].name
    assert message.text(message.first("SPM"), 2) == "B|1"
    assert message.text(message.first("OBX"), 5) == "140"


def test_a_receipt_for_a_stranger_changes_nothing():
    lab = make_lab()
    upstream = make_upstream(lab)
    release(lab, tubes=1, persons=2)
    batch = actions.claim(upstream.id, at=AT)
    batch = actions.settle(batch.id, Answer(Outcome.ANSWERED, {uuid4(): Receipt("accepted")}), at=AT)
    assert (batch.state, len(ours("sending"))) == ("unknown", 2)


def test_what_was_released_before_the_platform_is_reported_once_whoever_is_killed(monkeypatch):
    monkeypatch.setattr(backfilling, "PART", 2)
    lab, platform = make_lab(), Platform()
    release(lab, tubes=3, persons=5)
    release(lab, tubes=1, persons=1, at=AT - timedelta(days=9))
    tube = lab.collect(panel="CBC")
    [row] = results.take([reading(tube, "140", "HGB")], message_id=uuid4(), instrument_id=None, at=AT).released
    results.correct(row.id, value="141", reason="misread", actor=lab.bench, at=AT + timedelta(minutes=1))
    actions.enlist(at=AT)
    release(make_lab(), tubes=1, persons=1)
    upstream, later = make_upstream(lab), AT + timedelta(hours=1)
    release(lab, tubes=1, persons=5)
    since, by = AT - timedelta(days=1), {"actor": lab.bench, "at": later}
    assert (Delivery.objects.count(), queries.count_unreported(upstream, since, later)) == (5, 16)
    run = actions.begin_backfill(upstream, since, expected=16, **by)
    assert actions.begin_backfill(upstream, since, expected=16, **by) == run
    assert actions.fill_part(run.id, at=later)

    @transaction.atomic
    def dies():
        actions.fill_part(run.id, at=later)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dies()
    with time_machine.travel(later, tick=False):
        outbox.run_pending(later)
    run.refresh_from_db()
    assert (run.made, run.known, run.ended_at) == (16, 5, later)
    assert queries.count_unreported(upstream, since, later) == 0
    again = actions.begin_backfill(upstream, since, expected=0, **by)
    while actions.fill_part(again.id, at=later):
        pass
    assert Delivery.objects.count() == 21
    sending.catch_up(upstream, platform)
    assert ours() == set(platform.accepted)
    assert len(platform.accepted) == 21
