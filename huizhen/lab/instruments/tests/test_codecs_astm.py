"""ASTM link and records: the five cases a known gateway fails, and every cut of every stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.lab.instruments.codecs import astm_frames as frames
from huizhen.lab.instruments.codecs import astm_records as records
from huizhen.lab.instruments.codecs import plain
from huizhen.lab.instruments.codecs.astm_receiver import Keep, Receiver, Send
from huizhen.lab.instruments.codecs.astm_sender import Done, Failed, Sender, Yielded
from huizhen.lab.instruments.tests.test_codecs_mllp_hl7 import PLAIN, cut

MESSAGE = b"H|\\^&|||Meter^7\rP|1\rO|1|S-001\rR|1|^^^GLU|5.9|mmol/L\rL|1|N\r"
OTHER = MESSAGE.replace(b"S-001", b"S-002")


def session(*messages, **how):
    return frames.ENQ + b"".join(b"".join(frames.frames(message, **how)) for message in messages) + frames.EOT


def feed(stream, places=(), **how):
    receiver = Receiver(**how)
    steps = [step for piece in cut(stream, places) for step in receiver.feed(piece)]
    return steps, receiver


def kept(steps):
    return [step.payload for step in steps if isinstance(step, Keep)]


def replies(steps):
    return b"".join(step.data if isinstance(step, Send) else step.reply for step in steps)


# The five cases that a known gateway fails (domain.md §3).
def test_frames_cut_by_tcp_are_neither_acknowledged_early_nor_lost():
    stream = session(MESSAGE)
    for place in range(len(stream)):
        steps, _ = feed(stream, [place])
        assert kept(steps) == [MESSAGE], place
        assert replies(steps) == frames.ACK * 6, place


def test_a_session_in_one_read_is_received():
    assert kept(feed(session(MESSAGE, OTHER))[0]) == [MESSAGE, OTHER]


def test_a_repeated_frame_is_acknowledged_and_dropped():
    one = frames.frames(MESSAGE)
    steps, _ = feed(frames.ENQ + one[0] + one[1] + one[1] + b"".join(one[2:]) + one[-1] + frames.EOT)
    assert kept(steps) == [MESSAGE]
    assert replies(steps) == frames.ACK * 8


def test_a_missing_frame_is_refused_until_it_comes():
    one = frames.frames(MESSAGE)
    steps, _ = feed(frames.ENQ + one[0] + one[2] + one[3] + b"".join(one[1:]) + frames.EOT)
    assert kept(steps) == [MESSAGE]
    assert replies(steps) == frames.ACK * 2 + frames.NAK * 2 + frames.ACK * 4


def test_the_promise_is_given_only_by_the_frame_that_ends_the_message():
    steps, _ = feed(session(MESSAGE))
    assert [type(step) for step in steps] == [Send] * 5 + [Keep]
    assert steps[-1].reply == frames.ACK


TEXT = st.text("abcXYZ 123.^&\\|äé张", max_size=30)
MESSAGES = st.lists(TEXT, max_size=6).map(
    lambda lines: ("H|\\^&\r" + "".join(f"R|{line}\r" for line in lines) + "L|1\r").encode()
)


@given(
    st.lists(MESSAGES, min_size=1, max_size=3),
    st.integers(5, 70),
    st.booleans(),
    st.lists(st.integers(0, 9999), max_size=9),
)
def test_any_cut_of_any_stream_gives_the_same_steps(messages, size, whole, places):
    stream = b"".join(session(message, size=size, whole=whole) for message in messages)
    steps, _ = feed(stream, places)
    assert kept(steps) == messages
    assert steps == feed(stream)[0]
    assert frames.NAK not in replies(steps)


@given(st.lists(MESSAGES, min_size=1, max_size=4), st.lists(st.integers(0, 9999), max_size=9))
def test_records_without_frames_come_whole(messages, places):
    stream = b"".join(messages)
    found = plain.Records()
    assert [piece.content for part in cut(stream, places) for piece in found.feed(part)] == messages
    assert found.end() == []


def test_a_wrong_checksum_is_refused_and_case_does_not_matter():
    good = frames.frame(1, b"H|\\^&|||A\rL|1\r")
    bad = good[:-4] + b"00\r\n"
    assert replies(feed(frames.ENQ + bad)[0]) == frames.ACK + frames.NAK
    lower = good[:-4] + good[-4:-2].lower() + b"\r\n"
    assert len(kept(feed(frames.ENQ + lower)[0])) == 1
    assert len(kept(feed(frames.ENQ + good[:-4] + b"\r\n", has_checksum=False)[0])) == 1


def test_frame_numbers_go_on_or_begin_anew_within_a_session():
    anew = session(MESSAGE, OTHER)
    one, two = frames.frames(MESSAGE), frames.frames(OTHER)
    going_on = frames.ENQ + b"".join(one) + b"".join(
        frames.frame(6 + place, record) for place, record in enumerate(records_of(OTHER))
    ) + frames.EOT  # fmt: skip
    assert kept(feed(anew)[0]) == kept(feed(going_on)[0]) == [MESSAGE, OTHER]
    single = frames.ENQ + frames.frame(1, MESSAGE) + frames.frame(1, MESSAGE) + frames.frame(1, OTHER)
    assert kept(feed(single)[0]) == [MESSAGE, OTHER]
    assert len(two) == 5


def records_of(message):
    return [line + b"\r" for line in message.split(b"\r")[:-1]]


def test_enq_then_eot_keeps_the_line_alive_and_a_cut_session_is_kept_by_name():
    steps, receiver = feed(frames.ENQ + frames.EOT)
    assert (kept(steps), receiver.in_session) == ([], False)
    part = frames.ENQ + b"".join(frames.frames(MESSAGE)[:2])
    for ending in (
        lambda r: r.close(),
        lambda r: r.tick(31.0),
        lambda r: r.feed(frames.ENQ),
        lambda r: r.feed(frames.EOT),
    ):
        _, receiver = feed(part)
        found = [step for step in ending(receiver) if isinstance(step, Keep)]
        assert found[0].payload.startswith(b"H|")
        assert found[0].faults in (("cut_off",), ("no_terminator",))


@given(st.lists(st.lists(PLAIN, min_size=1, max_size=4), min_size=1, max_size=3))
def test_a_record_field_comes_back_whatever_stands_in_it(tree):
    assert records.split(records.join(tree)) == tree


OWN = st.sampled_from([records.USUAL, records.Delimiters("@", "^", "\\", "|"), records.Delimiters("!", "~", "*", "%")])


@given(st.lists(st.tuples(st.sampled_from("HPCORQMSD"), st.lists(PLAIN, max_size=6)), max_size=8), OWN)
def test_a_whole_message_comes_back_whatever_stands_in_its_fields(told, marks):
    header = ["H", marks.repeat + marks.component + marks.escape, "", "", "Meter"]
    body = [[letter, *(records.escape(text, marks) for text in fields)] for letter, fields in told]
    built = [header, *body, ["L", "1", "N"]]
    data = records.encode(built, marks)
    message = records.parse(data, "UTF-8")
    assert (message.records, message.delimiters, message.faults) == (built, marks, ())
    assert records.encode(message.records, message.delimiters, message.encoding) == data
    plain_texts = [[records.part(raw, marks) for raw in record[1:]] for record in message.records[1:-1]]
    assert plain_texts == [fields for _, fields in told]


def test_delimiters_are_the_senders_own():
    message = records.parse(b"H|@^\\|id||Gene^X\rO|1|A@B|C^D\\F\\E\r")
    assert message.text(message.header, 5, 2) == "X"
    assert (message.text(message.records[1], 3), message.text(message.records[1], 4, 2)) == ("A", "D|E")
    with pytest.raises(records.NotASTM):
        records.parse(b"\x1emtrsl|pi|")


def test_a_sender_repeats_what_was_refused_and_gives_way_to_the_instrument():
    two = frames.frames(b"H|\\^&\rL|1\r")
    sender = Sender(two)
    assert sender.start(0) == [Send(frames.ENQ)]
    assert sender.feed(frames.ENQ, 1) == [Yielded()]
    assert sender.tick(20) == []
    assert sender.tick(21) == [Send(frames.ENQ)]
    assert sender.feed(frames.ACK, 22) == [Send(two[0])]
    assert sender.feed(frames.NAK, 23) == [Send(two[0])]
    assert sender.feed(frames.ACK, 24) == [Send(two[1])]
    assert sender.feed(frames.ACK, 25) == [Send(frames.EOT), Done()]
    silent = Sender(two)
    silent.start(0)
    assert silent.tick(15) == [Send(frames.EOT), Failed("no_reply")]
    refused = Sender(two)
    refused.start(0)
    refused.feed(frames.ACK, 0)
    assert [step for _ in range(6) for step in refused.feed(frames.NAK, 0)][-1] == Failed("refused")


SIGNS = st.sampled_from([(b"\x02", b"\x03"), (b"", b"\n"), (b"\x02", b"\r\n"), (b"<<", b">>")])
WORDS = st.binary(min_size=1, max_size=20).map(lambda data: b"." + data.translate(None, b"\x02\x03\r\n<>") + b".")


@given(SIGNS, st.lists(st.tuples(WORDS, WORDS), max_size=5), st.lists(st.integers(0, 9999), max_size=12))
def test_any_split_of_text_gives_the_same_messages(signs, told, places):
    start, end = signs
    stream = b"".join((noise if start else b"") + start + text + end for noise, text in told)
    found = plain.Text(start, end)
    pieces = [piece for part in cut(stream, places) for piece in found.feed(part)]
    assert pieces == [plain.Piece(text) for _, text in told]
    assert found.end() == []


def test_text_between_two_signs():
    text = plain.Text(b"\x02", b"\x03")
    assert [piece.content for piece in text.feed(b"noise\x02one\x03\n\x02tw") + text.feed(b"o\x03")] == [b"one", b"two"]
    assert text.end() == []
