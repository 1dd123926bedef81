"""How long a line waits, by a clock that is passed in: silence in the middle of a message, an ENQ that nobody answers,
frames that are refused again and again. And the simulator's moods for them, over real sockets."""

import asyncio
import time

import pytest

from huizhen.kernel import clock
from huizhen.kernel.access import SYSTEM
from huizhen.lab.instruments import actions, downloading, fakes
from huizhen.lab.instruments.codecs import astm_frames, hl7, mllp
from huizhen.lab.instruments.codecs.astm_receiver import PATIENCE_SECONDS, Send
from huizhen.lab.instruments.codecs.astm_sender import BUSY_SECONDS, REPLY_SECONDS, TRIES
from huizhen.lab.instruments.intake.steps import IDLE_SECONDS, Sent, Take
from huizhen.lab.instruments.intake.talks import talk_for
from huizhen.lab.instruments.models import OrderDownload, RawMessage, State
from huizhen.lab.instruments.profile import parse_profile, shipped
from huizhen.lab.instruments.tests.conftest import AT, HOST
from huizhen.lab.instruments.tests.test_orders import order

BARE = parse_profile('name="bare"\nversion=1\nprotocol="astm"\n[link]\nframing="records"\n')
HL7 = b"MSH|^~\\&|A|B|||1||OUL^R22|7|P|2.5.1\rOBX|1|NM|GLU||5.9\r"
ASTM = b"H|\\^&|||A\rP|1\rR|1|^^^GLU|5.9\rL|1|N\r"
FRAMES = astm_frames.frames(ASTM)
BEGUN = 1000.0
# Profile, what came before the silence, what is kept of it, its faults, and what is said to it.
SILENT = {
    "HL7, within a segment": ("hl7", mllp.VT + HL7[:-3], HL7[:-3], ("cut_off",), "AE"),
    "HL7, after a segment": ("hl7", mllp.VT + HL7, HL7, ("missing_fs",), "AA"),
    "ASTM, between two frames": ("astm", astm_frames.ENQ + FRAMES[0] + FRAMES[1], b"H|\\^&|||A\rP|1\r", ("cut_off",), ""),
    "ASTM, within a frame": ("astm", astm_frames.ENQ + FRAMES[0] + FRAMES[1][:4], b"H|\\^&|||A\rP|", ("cut_off",), ""),
    "records without frames": (BARE, ASTM[:-6], ASTM[:-6], ("cut_off",), ""),
    "records that lack the last CR": (BARE, ASTM[:-1], ASTM[:-1], (), ""),
    "a printed line": ("arkray-spotchem-el", b"\x0224/10/29 ID# D42 Na 13", b"24/10/29 ID# D42 Na 13", ("cut_off",), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_silence_for_thirty_seconds_ends_a_message_that_was_begun(name):
    given, stream, payload, faults, said = SILENT[name]
    profile = shipped(given) if isinstance(given, str) else given
    talk = talk_for(profile, profile.protocol)
    assert IDLE_SECONDS == PATIENCE_SECONDS == 30
    talk.feed(stream[:4], BEGUN - 20)
    talk.feed(stream[4:], BEGUN)
    assert list(talk.tick(BEGUN + 29.9)) == []
    [taken] = [step for step in talk.tick(BEGUN + 30) if isinstance(step, Take)]
    assert (taken.payload, taken.faults) == (payload, faults)
    answers = [hl7.parse(block.content) for block in mllp.Deframer().feed(taken.reply(AT))]
    assert [answer.segments[1][1] for answer in answers] == ([said] if said else [])
    assert list(talk.tick(BEGUN + 90)) == [], "once"


def test_after_a_silence_the_next_message_is_heard_from_its_beginning():
    talk = talk_for(shipped("hl7"), "hl7")
    talk.feed(mllp.VT + HL7[:-3], BEGUN)
    talk.tick(BEGUN + 30)
    [taken] = [step for step in talk.feed(mllp.frame(HL7), BEGUN + 31) if isinstance(step, Take)]
    assert (taken.payload, taken.faults) == (HL7, ())


def sent(steps):
    return [step.data if isinstance(step, Send) else step for step in steps]


def test_an_enq_that_nobody_answers_for_fifteen_seconds_is_given_up_and_the_next_message_begins():
    talk = talk_for(shipped("astm"), "astm")
    assert sent(talk.download("one", ASTM, BEGUN)) == [astm_frames.ENQ]
    assert sent(talk.download("two", ASTM, BEGUN + 1)) == []
    assert REPLY_SECONDS == 15
    assert sent(talk.tick(BEGUN + 14.9)) == []
    assert sent(talk.tick(BEGUN + 15)) == [astm_frames.EOT, Sent("one", False), astm_frames.ENQ]
    assert sent(talk.tick(BEGUN + 30)) == [astm_frames.EOT, Sent("two", False)]
    assert sent(talk.tick(BEGUN + 99)) == []


def test_a_frame_that_is_refused_six_times_is_given_up():
    talk = talk_for(shipped("astm"), "astm")
    talk.download("one", ASTM, BEGUN)
    assert sent(talk.feed(astm_frames.ACK, BEGUN)) == [FRAMES[0]]
    assert sent(talk.feed(astm_frames.ACK, BEGUN)) == [FRAMES[1]]
    assert TRIES == 6
    for _ in range(5):
        assert sent(talk.feed(astm_frames.NAK, BEGUN)) == [FRAMES[1]]
    assert sent(talk.feed(astm_frames.NAK, BEGUN)) == [astm_frames.EOT, Sent("one", False)]


def test_refusals_of_one_frame_do_not_count_for_the_next():
    talk = talk_for(shipped("astm"), "astm")
    talk.download("one", ASTM, BEGUN)
    told = [sent(talk.feed(reply, BEGUN)) for frame in FRAMES for reply in (astm_frames.ACK, *[astm_frames.NAK] * 5)]
    assert told == [[frame] for frame in FRAMES for _ in range(6)]
    assert sent(talk.feed(astm_frames.ACK, BEGUN)) == [astm_frames.EOT, Sent("one", True)]


def test_who_is_busy_is_asked_again_after_ten_seconds_six_times_in_all():
    talk, at = talk_for(shipped("astm"), "astm"), BEGUN
    talk.download("one", ASTM, at)
    for _ in range(TRIES - 1):
        assert sent(talk.feed(astm_frames.NAK, at)) == []
        assert sent(talk.tick(at + BUSY_SECONDS - 0.1)) == []
        at += BUSY_SECONDS
        assert sent(talk.tick(at)) == [astm_frames.ENQ]
    assert sent(talk.feed(astm_frames.NAK, at)) == [astm_frames.EOT, Sent("one", False)]


# --- the simulator's moods -------------------------------------------------------------------------------------------
async def open_line(running):
    while not (found := [line for line in running.lines if line.instrument]):
        await asyncio.sleep(0.02)
    return found[0]


def play(intake, settings, stay, mood, story):
    """A simulated instrument in this mood on its line, and the story of the host."""

    async def whole(running):
        port = settings.ASTM_PORT if stay is fakes.answer_astm else settings.MLLP_PORT
        device = asyncio.create_task(stay(fakes.tcp(HOST, port), ["HELLO"], frozenset({mood}), seconds=50))
        try:
            return await story(running, await open_line(running))
        finally:
            device.cancel()
            await asyncio.gather(device, return_exceptions=True)

    return intake(whole)


def test_a_simulated_instrument_refuses_every_frame_until_the_orders_are_given_up(intake, settings):
    one = intake.add(name="Chem", profile="astm", identity="SIMCHEM")

    async def story(running, line):
        made = await running.desk.ask(lambda: order(one))
        while (state := await running.desk.ask(lambda: OrderDownload.objects.get(id=made.id).state)) != "failed":
            await running._follow()
            await asyncio.sleep(0.05)
        return state

    assert play(intake, settings, fakes.answer_astm, "refuse_frames", story) == "failed"
    assert OrderDownload.objects.get().tries == downloading.MOST_TRIES


def test_a_simulated_instrument_does_not_answer_enq(intake, settings):
    one = intake.add(name="Chem", profile="astm", identity="SIMCHEM")

    async def story(running, line):
        await running.desk.ask(lambda: order(one))
        while not line.talk._sender:
            await running._follow()
            await asyncio.sleep(0.02)
        assert line.talk._sender._place == -1, "its ENQ is out"
        await line._do(line.talk.tick(time.monotonic() + REPLY_SECONDS))
        return await running.desk.ask(lambda: OrderDownload.objects.values_list("state", "tries").get())

    assert play(intake, settings, fakes.answer_astm, "no_reply", story) == ("waiting", 1)


@pytest.mark.parametrize(("protocol", "stay"), [("astm", fakes.answer_astm), ("hl7", fakes.answer_mllp)])
def test_a_simulated_instrument_falls_silent_in_its_answer(intake, settings, protocol, stay):
    one = intake.add(name="One", profile=protocol, identity="SIM")

    def ask():
        actions.ask_again(one, "T-1", actor=SYSTEM, at=clock.now())

    def broken():
        return list(RawMessage.objects.filter(state=State.SET_ASIDE).values_list("problems", flat=True))

    async def story(running, line):
        await running.desk.ask(ask)
        while not (found := await running.desk.ask(broken)):
            await running._follow()
            await asyncio.sleep(0.1)
            held = getattr(line.talk, "_deframer", None)
            if (held and not held.is_empty) or (held is None and line.talk._receiver._text):
                await line._do(line.talk.tick(time.monotonic() + IDLE_SECONDS))
        return found

    assert play(intake, settings, stay, "falls_silent", story) == [["cut_off"]]


@pytest.mark.parametrize("kind", ["ORF^R04", "QBP^Q11", "ORL^O34"])
def test_half_an_answer_denies_nothing_and_half_a_question_is_not_answered(kind):
    talk = talk_for(shipped("hl7"), "hl7")
    talk.feed(mllp.VT + f"MSH|^~\\&|A|B|||1||{kind}|7|P|2.5.1\rMSA|AA|N-1\rQPD|1|2|T-1".encode(), BEGUN)
    taken = [step for step in talk.close() if isinstance(step, Take)]
    assert [(one.question, one.denies, one.answers) for one in taken] == (
        [] if kind == "ORL^O34" else [(None, False, False)]
    )
