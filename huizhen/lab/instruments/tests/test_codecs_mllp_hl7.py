"""MLLP and HL7: any cut of any stream gives the same messages, and what was encoded comes back."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.lab.instruments.codecs import acknowledging, charset, hl7, mllp

AT = datetime(2026, 5, 4, 1, 30, tzinfo=UTC)
CONTENT = st.binary(min_size=1, max_size=60).map(lambda data: b"MSH" + data.translate(None, b"\x0b\x1c") + b".")
WRAPS = st.sampled_from(
    [
        (b"\x0b", b"\x1c\r"),
        (b"", b"\x1c\r"),
        (b"\x0b", b"\x1c"),
        (b"\x00\x00\x0b", b"\x1c\r\n\x00"),
        (b"\r\n", b"\x1c\r"),
    ]
)


def cut(stream, places):
    edges = [0, *sorted({place % (len(stream) + 1) for place in places}), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


@given(st.lists(st.tuples(CONTENT, WRAPS), max_size=5), st.lists(st.integers(0, 10_000), max_size=12))
def test_any_cut_of_any_stream_gives_the_same_blocks(parts, places):
    stream = b"".join(before + content + after for content, (before, after) in parts)
    deframer = mllp.Deframer()
    blocks = [block for piece in cut(stream, places) for block in deframer.feed(piece)]
    assert [block.content for block in blocks] == [content for content, _ in parts]
    assert deframer.end() == []


def test_a_block_without_its_end_is_given_when_the_next_begins_or_the_line_closes():
    deframer = mllp.Deframer()
    [first] = deframer.feed(b"\x0bMSH|1\x0bMSH|2")
    assert (first.content, first.faults) == (b"MSH|1", ("cut_off",))
    assert deframer.end() == [mllp.Block(b"MSH|2", ("cut_off",))]
    assert mllp.Deframer().feed(b"\x0bMSH|3\r\x0b")[0].faults == ("missing_fs",)  # whole segments: nothing is half
    assert mllp.Deframer().feed(mllp.COMMITTED)[0].commit is True
    assert mllp.Deframer(longest=8).feed(b"\x0bMSH|123456789")[0].faults == ("too_long",)


def test_megabytes_over_hundreds_of_reads_are_one_message():
    content = b"MSH|^~\\&|A\rOBX|1|ED|||" + b"QUJD" * 500_000
    stream, deframer = mllp.frame(content), mllp.Deframer()
    blocks = [block for start in range(0, len(stream), 4096) for block in deframer.feed(stream[start : start + 4096])]
    assert [block.content for block in blocks] == [content]


PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
SEPARATORS = st.sampled_from([hl7.USUAL, hl7.Separators("#", "*", "%", "!", "@")])


@given(
    st.lists(st.lists(st.lists(PLAIN, min_size=1, max_size=3), min_size=1, max_size=3), min_size=1, max_size=3),
    SEPARATORS,
)
def test_a_field_comes_back_whatever_stands_in_it(tree, separators):
    assert hl7.split(hl7.join(tree, separators), separators) == tree


FIELD = PLAIN.map(hl7.escape).filter(
    lambda text: not any(letter in text for letter in "\x00\t\x0b\x1c\ufeff\x85\u2028")
)


@given(st.lists(st.tuples(st.sampled_from(["PID", "OBX", "ZZ1"]), st.lists(FIELD, max_size=5)), max_size=5))
def test_a_message_comes_back(segments):
    built = [
        ["MSH", "|", "^~\\&", "A", *([""] * 14), "UNICODE UTF-8"],
        *([name, *fields, "x"] for name, fields in segments),
    ]
    assert hl7.parse(hl7.encode(built)).segments == built


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r"])
def test_lines_end_as_they_like_and_a_broken_one_continues_the_last(end):
    message = hl7.parse(end.join([b"\x00MSH|^~\\&|A|B", b"NTE|1||first", b"second", b"OBX|1|ST|a^b~c"]) + end)
    assert [segment[0] for segment in message.segments if len(segment[0]) == 3] == ["MSH", "NTE", "OBX"]
    assert message.segments[1][3].startswith("first")
    assert "second" in message.segments[1][3]


@pytest.mark.parametrize(
    ("data", "label", "encoding"),
    [
        ("张伟".encode("gb18030"), "", "gb18030"),
        ("张伟".encode("gb18030"), "ASCII", "gb18030"),
        ("联通".encode("gb18030"), "", "gb18030"),
        ("张伟".encode(), "GB 18030-2000", "utf-8"),
        ("张伟".encode(), "", "utf-8"),
        ("5 µmol/L 37 °C".encode(), "", "utf-8"),
        ("Müller".encode("latin-1"), "8859/1", "latin-1"),
        (b"plain", "UNICODE", "ascii"),
    ],
)
def test_letters_are_read_whatever_the_label_says(data, label, encoding):
    assert charset.decode(data, label)[1] == encoding or (
        label == "GB 18030-2000" and charset.decode(data, label)[1] == "gb18030"
    )


def test_escapes_open_and_unknown_ones_stay():
    assert hl7.unescape("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\X0D0A\\\\.br\\\\Z9\\") == "a|b^c&d~e\\f\r\n\n\\Z9\\"
    assert hl7.unescape("\\XD5C5\\", encoding="GB18030") == "张"


def ack(header):
    message = hl7.parse(header)
    return [hl7.parse(one) for one in acknowledging.acknowledge(message, lambda: "77", at=AT)]


def test_the_original_mode_echoes_what_must_be_echoed():
    [answer] = ack(b"MSH|^~\\&|BC|MR|LIS|H|20260504||ORU^R01|1|P|2.3.1||||0||UNICODE")
    head = answer.header
    assert (answer.segments[1][1:3], head[3:7], head[12], head[18]) == (
        ["AA", "1"],
        ["LIS", "H", "BC", "MR"],
        "2.3.1",
        "UNICODE",
    )


@pytest.mark.parametrize(
    ("conditions", "codes"),
    [
        ("AL|NE", ["CA"]),
        ("NE|AL", ["AA"]),
        ("AL|AL", ["CA", "AA"]),
        ("NE|NE", []),
        ("ER|AL", ["AA"]),
        ("|2", ["AA"]),
        ("|", ["AA"]),
    ],
)
def test_the_enhanced_mode_says_what_is_asked_for(conditions, codes):
    header = f"MSH|^~\\&|C|M|L|H|1||OUL^R22^OUL_R22|9|P|2.5.1|||{conditions}|".encode()
    assert [answer.segments[1][1] for answer in ack(header)] == codes
