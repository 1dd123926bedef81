"""What broke off is kept and never read; sent again it is read once, wherever the line was cut."""

import asyncio
from datetime import timedelta

import pytest

from huizhen.kernel.access import SYSTEM
from huizhen.lab.instruments import actions, fakes, profile, queries, reading, rules
from huizhen.lab.instruments.codecs import astm_frames, hl7, mllp
from huizhen.lab.instruments.intake import folders
from huizhen.lab.instruments.intake.desk import state_of
from huizhen.lab.instruments.intake.folders import GIVE_UP_SECONDS, Watch
from huizhen.lab.instruments.intake.steps import Take
from huizhen.lab.instruments.intake.talks import talk_for
from huizhen.lab.instruments.models import RawMessage, State
from huizhen.lab.instruments.received import Noted, Received
from huizhen.lab.instruments.tests.conftest import AT, HOST, received
from huizhen.lab.instruments.tests.test_files import comes

ASTM = b"H|\\^&|||SIM\rP|1\rO|1|S-1\rR|1|^^^GLU|5.9|mmol/L||N||F\rC|1|I|as it is\rL|1|N\r"
HL7 = (b"MSH|^~\\&|SIM|LAB|||1||OUL^R22|7|P|2.5.1\rSPM|1|S-1\rOBR|1\rOBX|1|NM|GLU||5.9|mmol/L||N|||F\r"
       b"NTE|1||as it is\r")  # fmt: skip


def session(*frames):
    return astm_frames.ENQ + b"".join(frames) + astm_frames.EOT


STREAMS = {
    "mllp": ("hl7", mllp.frame(HL7)),
    "mllp that does not end its last segment": ("hl7", mllp.frame(HL7[:-1])),
    "a record in a frame": ("astm", session(*astm_frames.frames(ASTM))),
    "records cut mid-field": ("astm", session(*astm_frames.frames(ASTM, size=7))),
    "a message in a frame": ("astm", session(*astm_frames.frames(ASTM, whole=True))),
    "a printed line": ("arkray-spotchem-el", b"\x0224/10/29 13:08 ID# S-1 [B. Plasma] Na 131 mmol/L\x03"),
}


def takes(talk, stream):
    return [step for step in (*talk.feed(stream, 0.0), *talk.close()) if isinstance(step, Take)]


def as_received(instrument, sender, take):
    state = state_of(take, is_known=True)
    return Received(sender, instrument.id, "hl7", "10.0.0.7", take.payload, AT, state, take.faults)


@pytest.mark.parametrize("name", STREAMS)
def test_cut_at_every_byte_and_sent_again_there_is_one_reading_always(instrument, name):
    """A sender for each byte. The two copies come in two commits, or (`together`) in one."""
    spoken, (profile_name, stream) = {}, STREAMS[name]
    read_by = profile.shipped(profile_name)
    for place in range(len(stream)):
        halves = [takes(talk_for(read_by, read_by.protocol), part) for part in (stream[:place], stream)]
        spoken[place] = [[as_received(instrument, f"{place} {how}", one) for one in half]
                         for how in ("apart", "together") for half in halves]  # fmt: skip
    for turn in range(2):
        actions.keep_messages([one for parts in spoken.values() for one in parts[turn]], at=AT)
    actions.keep_messages([one for parts in spoken.values() for part in parts[2:] for one in part], at=AT)
    found = dict.fromkeys((f"{place} {how}" for place in spoken for how in ("apart", "together")), 0)
    for message in RawMessage.objects.filter(state=State.KEPT):
        found[message.sender] += len(reading.read(message.payload, read_by).readings)
    assert {sender: count for sender, count in found.items() if count != 1} == {}


def test_over_a_socket_what_was_cut_before_its_last_byte_is_kept_again_when_it_comes_whole(intake, settings):
    intake.add(name="PCR", profile="hl7", identity="SIM")

    async def story(running):
        _, writer = await asyncio.open_connection(HOST, settings.MLLP_PORT)
        writer.write(mllp.VT + HL7)
        await fakes.sending.hang_up(writer)
        await comes(1)
        answers = await fakes.send_mllp(HOST, settings.MLLP_PORT, [HL7])
        assert [answer.segments[1][1] for answer in answers] == ["AA"]

    intake(story)
    assert RawMessage.objects.values_list("state", "repeats", "problems").get() == (State.KEPT, 1, [])


def test_a_cut_copy_after_a_sound_one_changes_nothing_and_an_unknown_senders_is_mended_too(instrument):
    cut = received(instrument, b"one", state=State.SET_ASIDE, problems=("cut_off",))
    actions.keep_messages([received(instrument, b"one")], at=AT)
    actions.keep_messages([cut], at=AT)
    assert RawMessage.objects.values_list("state", "problems").get(payload__isnull=False) == (State.KEPT, [])
    strange = received(None, b"two", state=State.UNCLAIMED, problems=("cut_off",))
    for one in (strange, received(None, b"two", state=State.UNCLAIMED)):
        actions.keep_messages([one], at=AT)
    actions.claim_sender(instrument, "10.9.9.9 STRANGER", at=AT)
    assert [message.payload for message in queries.list_pending(10)] == [b"one", b"two"]


def test_what_an_instrument_sent_cut_and_an_unknown_sender_whole_is_read_when_they_are_one(instrument):
    actions.keep_messages([received(instrument, b"one", state=State.SET_ASIDE, problems=("cut_off",)),
                           received(None, b"one", state=State.UNCLAIMED)], at=AT)  # fmt: skip
    actions.claim_sender(instrument, "10.9.9.9 STRANGER", at=AT)
    assert [message.payload for message in queries.list_pending(10)] == [b"one"]


def test_broken_messages_are_never_read_again_and_not_shown_as_if_they_were(instrument):
    broken = [
        received(instrument, HL7 + code.encode(), state=State.SET_ASIDE, problems=(code,)) for code in rules.BROKEN
    ]
    kept = actions.keep_messages([*broken, received(instrument, HL7), received(instrument, b"x")], at=AT)
    actions.note_understood([Noted(kept[-2].id, 1), Noted(kept[-1].id, 0, ("not_astm",), is_set_aside=True)], at=AT)
    assert {one.id for one in queries.newest_with_payload(instrument.id, 9)} == {one.id for one in kept[-2:]}
    assert actions.read_again(instrument, [one.id for one in kept], actor=SYSTEM, at=AT) == 2
    still = RawMessage.objects.filter(state=State.SET_ASIDE)
    assert sorted(code for one in still for code in one.problems) == sorted(rules.BROKEN)
    for one in still:
        assert queries.understand(one)[0].readings == ()
    assert len(queries.understand(RawMessage.objects.get(id=kept[-2].id))[0].readings) == 1


def test_a_message_longer_than_is_taken_is_broken_and_its_sender_is_told():
    talk = talk_for(profile.shipped("hl7"), "hl7")
    talk._deframer._longest = 60
    [long] = [step for step in talk.feed(mllp.VT + HL7[:70], 0.0) if isinstance(step, Take)]
    assert (long.faults, state_of(long, is_known=True)) == (("too_long",), State.SET_ASIDE)
    said = mllp.Deframer().feed(long.reply(AT))
    assert hl7.parse(said[0].content).segments[1][1:3] == ["AE", "7"]


def test_files_that_are_too_large_are_each_kept_by_name_size_and_digest(tmp_path, instrument, monkeypatch):
    monkeypatch.setattr(folders, "LARGEST", 10)
    watch, names = Watch(tmp_path), ("a.csv", "b.csv")
    for name in names:
        (tmp_path / name).write_bytes(b"12345678901\n" + name.encode())
    list(watch.look(0))
    assert list(watch.look(10)) == []
    found = list(watch.look(GIVE_UP_SECONDS))
    assert [(one.faults, one.content.split(b"\n")[:2]) for one in found] == [
        (("too_large",), [name.encode(), b"17 bytes"]) for name in names
    ]
    (tmp_path / "a.csv").write_bytes(b"12345678902\na.csv")
    list(watch.look(GIVE_UP_SECONDS + 1))
    found += [one for one in watch.look(2 * GIVE_UP_SECONDS + 2) if one.path.name == "a.csv"]
    batch = [received(instrument, one.content, state=state_of(Take(one.content, one.faults), is_known=True),
                      problems=one.faults, at=AT + timedelta(seconds=1)) for one in found]  # fmt: skip
    assert [kept.is_new for kept in actions.keep_messages(batch, at=AT)] == [True] * 3
    assert set(RawMessage.objects.values_list("state", flat=True)) == {State.SET_ASIDE}
