"""Orders over HL7 have arrived when the instrument says so, not when they are written; a port that cannot be opened is
one port's trouble."""

import asyncio
import socket
from datetime import timedelta

import pytest

from huizhen.kernel import clock
from huizhen.lab.instruments import actions, downloading, fakes, ports, queries
from huizhen.lab.instruments.codecs import hl7, mllp
from huizhen.lab.instruments.intake.hl7_talk import ANSWER_SECONDS, Mllp
from huizhen.lab.instruments.intake.steps import Sent, Take
from huizhen.lab.instruments.models import Instrument, LinkState, OrderDownload, RawMessage
from huizhen.lab.instruments.profile import shipped
from huizhen.lab.instruments.tests.conftest import AT, HOST, free_port

ORDER = ports.Order("T-1", "GLU")


def order(instrument, specimen="T-1", cancels=None):
    made = downloading.prepare(instrument, [ports.Order(specimen, "GLU")], clock.now())
    if cancels:
        made = downloading.cancel(cancels, clock.now())
    made.save()
    return made


def written(number="N-1"):
    return downloading.questions.download_of([ORDER], shipped("hl7"), lambda: number, at=AT)


def says(code, number="N-1", *orcs, kind="ORL^O34^ORL_O34"):
    head = ["MSH", "|", "^~\\&", "SIM", "LAB", "", "", "", "", kind, "7", "P", "2.5.1"]
    return mllp.frame(hl7.encode([head, ["MSA", code, number], *(["ORC", one] for one in orcs)]))


def ends(steps):
    return [(step.arrived, step.refused) for step in steps if isinstance(step, Sent)]


@pytest.mark.parametrize(
    ("answer", "end", "problems"),
    [
        (says("AA"), [(True, False)], ()),
        (says("CA", kind="ACK"), [(True, False)], ()),
        (says("AA", "N-1", "OK", "CR"), [(True, False)], ()),
        (says("AE"), [(False, False)], ("orders_refused",)),
        (says("AR"), [(False, False)], ("orders_refused",)),
        (says("CE"), [(False, False)], ("orders_refused",)),
        (says("CR"), [(False, False)], ("orders_refused",)),
        (says("AA", "N-1", "OK", "UA"), [(False, True)], ("orders_refused",)),
        (says("AA", "N-1", "UC"), [(False, True)], ("not_cancelled",)),
        (says("AA", "N-2"), [], ()),
    ],
)
def test_orders_are_waited_for_by_their_number(answer, end, problems):
    talk = Mllp(shipped("hl7"))
    [sent] = talk.download("one", written(), 0.0)
    assert sent.data == mllp.frame(written())
    steps = talk.feed(answer, 1.0)
    assert ends(steps) == end
    assert [step.faults for step in steps if isinstance(step, Take)] == ([problems] if problems else [])
    assert all(step.reply(AT) == b"" for step in steps if isinstance(step, Take)), "nobody answers an answer"


def test_who_does_not_answer_in_time_or_hangs_up_has_not_taken_them():
    talk = Mllp(shipped("hl7"))
    talk.download("one", written(), 0.0)
    assert ends(talk.tick(ANSWER_SECONDS - 0.1)) == []
    assert ends(talk.tick(ANSWER_SECONDS)) == [(False, False)]
    assert ends(talk.feed(says("AA"), ANSWER_SECONDS + 1)) == [], "too late"
    talk.download("one", written("N-2"), 100.0)
    assert ends(talk.close()) == [(False, False)]
    assert ends(talk.close()) == []


def test_who_answers_one_by_one_is_not_late_and_a_busy_line_knows_the_time_too():
    talk = Mllp(shipped("hl7"))
    for number in ("N-1", "N-2", "N-3"):
        talk.download(number, written(number), 0.0)
    assert ends(talk.feed(says("AA"), 20.0)) == [(True, False)]
    assert ends(talk.tick(40.0)) == []
    assert ends(talk.feed(says("AA", "N-2"), 45.0)) == [(True, False)]
    assert ends(talk.feed(mllp.frame(fakes.hl7_message(["T-1"])), 80.0)) == [(False, False)]


def test_questions_are_asked_when_they_are_written():
    question = downloading.questions.ask_for_results("T-1", shipped("hl7"), lambda: "N-1", at=AT)
    assert ends(Mllp(shipped("hl7")).download("again:1", question, 0.0)) == [(True, False)]


STORIES = {
    "": (["sent", "sent"], []),
    "unable_to_cancel": (["sent", "failed"], ["not_cancelled"]),
    "refuse": (["failed", "sent"], ["orders_refused"]),
}


@pytest.mark.parametrize("mood", STORIES)
def test_a_simulated_instrument_answers_orders_over_its_line(intake, settings, mood):
    one = intake.add(name="PCR", profile="hl7", identity="SIMPCR")

    def states(*made):
        return [OrderDownload.objects.get(id=download.id).state for download in made]

    async def story(running):
        device = asyncio.create_task(
            fakes.answer_mllp(fakes.tcp(HOST, settings.MLLP_PORT), ["HELLO"], frozenset({mood} - {""}), seconds=30)
        )
        while not [line for line in running.lines if line.instrument]:
            await asyncio.sleep(0.02)
        new = await running.desk.ask(lambda: order(one))
        off = await running.desk.ask(lambda: order(one, cancels=new))
        while not {"sent", "failed"} >= set(found := await running.desk.ask(lambda: states(new, off))):
            await running._follow()
            await asyncio.sleep(0.05)
        device.cancel()
        await asyncio.gather(device, return_exceptions=True)
        return found

    wanted, problems = STORIES[mood]
    assert intake(story) == wanted
    told = RawMessage.objects.filter(instrument=one, state="answered")
    assert [message.problems for message in told] == [[code] for code in problems]
    assert len(queries.list_not_taken(one.id, clock.now() - timedelta(hours=1))) == wanted.count("failed")


def test_rejected_orders_are_sent_again_until_they_are_given_up(intake, settings):
    one = intake.add(name="PCR", profile="hl7", identity="SIMPCR")

    def look():
        return OrderDownload.objects.values_list("state", "tries").get()

    async def story(running):
        device = asyncio.create_task(
            fakes.answer_mllp(fakes.tcp(HOST, settings.MLLP_PORT), ["HELLO"], frozenset({"reject"}), seconds=30)
        )
        while not [line for line in running.lines if line.instrument]:
            await asyncio.sleep(0.02)
        await running.desk.ask(lambda: order(one))
        while (found := await running.desk.ask(look))[0] != "failed":
            await running._follow()
            await asyncio.sleep(0.05)
        device.cancel()
        await asyncio.gather(device, return_exceptions=True)
        return found

    assert intake(story) == ("failed", downloading.MOST_TRIES)


def test_orders_that_a_line_took_along_when_it_died_wait_again(intake, settings):
    one = intake.add(name="PCR", profile="hl7", identity="SIMPCR")

    async def story(running):
        reader, writer = await asyncio.open_connection(HOST, settings.MLLP_PORT)
        writer.write(mllp.frame(fakes.hl7_message(["HELLO"])))
        await reader.readuntil(mllp.FS)
        made = await running.desk.ask(lambda: order(one))
        await running._follow()
        assert b"OML" in await reader.readuntil(mllp.FS)
        assert await running.desk.ask(lambda: OrderDownload.objects.get(id=made.id).state) == "sending"
        await fakes.sending.hang_up(writer)
        while running.lines:
            await asyncio.sleep(0.01)
        return await running.desk.ask(lambda: OrderDownload.objects.values_list("state", "tries").get())

    assert intake(story) == ("waiting", 1)


def test_a_message_that_cannot_be_written_holds_up_no_other(intake, settings, monkeypatch):
    one = intake.add(name="PCR", profile="hl7", identity="SIMPCR")
    whole = downloading.write

    def write(download, *given, **more):
        if download.specimen == "T-BAD":
            raise KeyError("a fault of ours")
        return whole(download, *given, **more)

    monkeypatch.setattr(downloading, "write", write)

    async def story(running):
        reader, writer = await asyncio.open_connection(HOST, settings.MLLP_PORT)
        writer.write(mllp.frame(fakes.hl7_message(["HELLO"])))
        await reader.readuntil(mllp.FS)
        for specimen in ("T-BAD", "T-GOOD"):
            await running.desk.ask(lambda specimen=specimen: order(one, specimen))
        await running._follow()
        assert b"T-GOOD" in await reader.readuntil(mllp.FS)
        await fakes.sending.hang_up(writer)

    intake(story)
    assert OrderDownload.objects.get(specimen="T-BAD").state == "waiting"


def test_a_port_that_cannot_be_opened_holds_up_no_other_and_is_shown_until_it_opens(intake, settings):
    taken = socket.create_server((HOST, 0))
    bad = intake.add(name="Bad", profile="astm", identity="BAD", port=taken.getsockname()[1])
    wild = intake.add(name="Wild", profile="astm", identity="WILD", port=70_000)
    good = intake.add(name="Good", profile="astm", identity="SIMCHEM", port=free_port())

    def states():
        return [Instrument.objects.get(id=one.id).link_state for one in (bad, wild, good)]

    async def story(running):
        while good.port not in running._servers:
            await asyncio.sleep(0.02)
        assert await fakes.send_astm(HOST, good.port, [fakes.astm_message(["S-1"])])
        assert (await running.desk.ask(states))[:2] == [LinkState.FAILING] * 2
        await asyncio.to_thread(taken.close)
        await running._follow()
        assert (await running.desk.ask(states))[:2] == [LinkState.CLOSED, LinkState.FAILING]
        assert await fakes.send_astm(HOST, bad.port, [fakes.astm_message(["S-2"], name="BAD")])

    intake(story)
    assert RawMessage.objects.filter(instrument=good).count() == 1


def test_ports_are_noted_once_and_only_those_that_failed_are_back(instrument):
    actions.note_ports([instrument.id], [], at=AT)
    actions.note_ports([instrument.id], [], at=AT + timedelta(hours=1))
    instrument.refresh_from_db()
    assert (instrument.link_state, instrument.link_since) == (LinkState.FAILING, AT)
    for _ in range(2):
        actions.note_ports([], [instrument.id], at=AT + timedelta(hours=2))
    instrument.refresh_from_db()
    assert (instrument.link_state, instrument.link_since) == (LinkState.CLOSED, AT + timedelta(hours=2))
