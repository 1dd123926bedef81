"""An instrument is asked for its results once more: never twice at once, and every ending has its name."""

import asyncio
from datetime import timedelta

import pytest

from huizhen.kernel import clock
from huizhen.kernel.access import SYSTEM
from huizhen.lab.instruments import actions, asking, fakes, ports, queries
from huizhen.lab.instruments.codecs import astm_records, hl7
from huizhen.lab.instruments.models import Instrument, RawMessage, RequestState, ResultRequest, State
from huizhen.lab.instruments.profile import BadProfile, parse_profile, shipped
from huizhen.lab.instruments.refused import Refused
from huizhen.lab.instruments.tests.conftest import AT, HOST, received
from huizhen.lab.instruments.understanding import questions
from huizhen.lab.results.joining import match

ORDERS = (ports.Order("T-1", "GLU"), ports.Order("T-1", "K"))


def ask(instrument, specimen="T-1", at=AT):
    return actions.ask_again(instrument, specimen, actor=SYSTEM, at=at)


def ended(request):
    request.refresh_from_db()
    return request.state, request.why


def test_one_question_at_a_time_each_a_row_of_its_own(instrument):
    first = ask(instrument)
    assert ask(instrument) == first
    assert ask(instrument, "T-2") != first
    [one, _two] = actions.claim_requests([instrument.id], at=AT)
    assert (one.id, actions.claim_requests([instrument.id], at=AT)) == (first.id, [])
    actions.note_request(first.id, arrived=True, at=AT)
    assert ask(instrument) == first
    actions.note_answers([(instrument.id, "T-1", None), (instrument.id, "T-1", None)], at=AT)
    assert ended(first) == (RequestState.ANSWERED, "")
    assert ask(instrument) != first
    assert ResultRequest.objects.filter(specimen="T-1").count() == 2


def test_every_ending_has_its_name(instrument):
    found = {why: ask(instrument, why) for why in ("no_line", "no_answer", "not_taken", "no_orders")}
    for _ in range(asking.MOST_TRIES):
        for one in actions.claim_requests([instrument.id], at=AT):
            if one.specimen == "no_answer":
                actions.note_request(one.id, arrived=True, at=AT)
            elif one.specimen == "no_orders":
                actions.note_request(one.id, arrived=False, why="no_orders", at=AT)
            else:
                actions.note_request(one.id, arrived=one.specimen == "no_line", at=AT)
    ResultRequest.objects.filter(specimen="no_line").update(state="waiting", sent_at=None)
    assert actions.end_requests(at=AT) == 0
    assert actions.end_requests(at=AT + timedelta(minutes=10)) == 2
    assert {why: ended(one) for why, one in found.items()} == {why: ("expired", why) for why in found}


def test_a_process_that_died_with_a_question_gives_it_back(instrument):
    ask(instrument)
    assert len(actions.claim_requests([instrument.id], at=AT)) == 1
    assert not actions.claim_requests([instrument.id], at=AT + timedelta(minutes=1))
    assert len(actions.claim_requests([instrument.id], at=AT + timedelta(minutes=3))) == 1


def test_a_resend_of_what_is_here_already_is_an_answer(instrument):
    payload = fakes.hl7_message(["T-1"])
    actions.keep_messages([received(instrument, payload)], at=AT)
    one, other = ask(instrument), ask(instrument, "T-2")
    assert actions.end_requests(at=AT) == 0
    actions.keep_messages([received(instrument, payload, at=AT + timedelta(minutes=1))], at=AT)
    assert actions.end_requests(at=AT + timedelta(minutes=2)) == 1
    assert (ended(one), ended(other)) == (("answered", "same_again"), ("waiting", ""))


def test_who_cannot_be_asked_is_not_asked(instrument):
    Instrument.objects.filter(id=instrument.id).update(profile="roche-cobas-6800")
    instrument.refresh_from_db()
    with pytest.raises(Refused, match="not_asked"):
        ask(instrument)
    assert queries.list_askable([instrument.id]) == []
    for wrong in ('by="shout"', 'by="question"\nwithin=0', 'by="question"\nmessage="ORU^R01"'):
        with pytest.raises(BadProfile):
            parse_profile(f'name="x"\nversion=1\nprotocol="hl7"\n[again]\n{wrong}\n')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('protocol="hl7"\n[again]\nby="question"', ("QRY^R02", "QRD", 8, "T-1")),
        ('protocol="hl7"\n[again]\nby="question"\nmessage="QBP^Q11^QBP_Q11"\nname="RES^Results^L"', ("QBP^Q11^QBP_Q11", "QPD", 3, "T-1")),
        ('protocol="hl7"\n[again]\nby="orders"', ("OML^O33^OML_O33", "ORC", 1, "SS")),
        ('protocol="astm"\n[again]\nby="question"', ("P", "Q", 3, "^T-1")),
        ('protocol="astm"\n[again]\nby="orders"\ncode="R"', ("P", "O", 12, "R")),
    ],
)  # fmt: skip
def test_what_is_asked_is_written_as_the_profile_wants_it(instrument, monkeypatch, text, said):
    monkeypatch.setattr(ports.installed, "orders", lambda specimen, *, organisation_id: ORDERS)
    profile = parse_profile(f'name="x"\nversion=1\n{text}\n')
    request = ResultRequest(instrument=instrument, specimen="T-1")
    payload = asking.write(request, profile, instrument.organisation_id, lambda: "ID-1", at=AT)
    kind, name, place, value = said
    if profile.protocol == "hl7":
        message = hl7.parse(payload)
        assert (message.raw(message.header, 9), message.raw(message.first(name), place)) == (kind, value)
    else:
        message = astm_records.parse(payload)
        [record] = [one for one in message.records if one[0] == name]
        assert (message.raw(message.header, 12), message.raw(record, place)) == (kind, value)
    monkeypatch.setattr(ports.installed, "orders", lambda specimen, *, organisation_id: ())
    assert bool(asking.write(request, profile, instrument.organisation_id, lambda: "ID-1", at=AT)) == (
        profile.asks == "question"
    )


def test_only_what_answers_nothing_denies():
    assert questions.astm_denies(b"H|\\^&\rL|1|I\r")
    assert not questions.astm_denies(b"H|\\^&\rL|1|N\r")
    assert not questions.astm_denies(b"H|\\^&\rP|1\rO|1|S\rR|1|^^^GLU|5\rL|1|I\r")
    assert not questions.astm_denies(b"no astm")
    assert shipped("hl7").asks == shipped("astm").asks == "question"


def test_simulated_instruments_are_asked_over_their_lines_and_answer_or_misbehave(intake, settings):
    lines = {"astm": (fakes.answer_astm, settings.ASTM_PORT), "hl7": (fakes.answer_mllp, settings.MLLP_PORT)}
    moods = {"": ("answered", ""), "twice": ("answered", ""), "nothing": ("expired", "nothing_there"),
             "silent": ("asked", ""), "stranger": ("asked", "")}  # fmt: skip
    wanted = {}
    for protocol in lines:
        for mood, outcome in moods.items():
            one = intake.add(name=f"{protocol}{mood}", profile=protocol, identity=f"SIM{protocol}{mood}X".upper())
            wanted[ask(one, f"{protocol}-{mood}".upper(), at=clock.now()).id] = outcome

    def due():
        match(at=clock.now())
        return {one.id: (one.state, one.why) for one in ResultRequest.objects.all()}

    async def story(running):
        devices = [
            asyncio.create_task(stay(fakes.tcp(HOST, port), [f"HELLO-{protocol}-{mood}"], frozenset({mood} - {""}), seconds=30,
                                     name=f"SIM{protocol}{mood}X".upper()))
            for protocol, (stay, port) in lines.items() for mood in moods
        ]  # fmt: skip
        while len([line for line in running.lines if line.instrument]) < len(devices):
            await asyncio.sleep(0.05)
        while await running.desk.ask(due) != wanted:
            await running._follow()
            await asyncio.sleep(0.1)
        for device in devices:
            device.cancel()
        await asyncio.gather(*devices, return_exceptions=True)

    intake(story)
    assert RawMessage.objects.filter(problems=["nothing_there"], state=State.ANSWERED).count() == 2
    assert not RawMessage.objects.filter(state=State.SET_ASIDE).exists()
