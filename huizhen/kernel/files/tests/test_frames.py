"""Sealed frames: any range reads alone, and nothing that was done to them goes unnoticed."""

import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huizhen.kernel import ids
from huizhen.kernel.crypto import Unreadable
from huizhen.kernel.files.frames import FRAME, SEALED_FRAME, FrameReader, seal_frames, sealer_of

DATA = os.urandom(2 * FRAME + 12345)
CONTENT = ids.new_id()
SEALER = sealer_of("aes", b"k" * 32)
SEALED = b"".join(seal_frames([DATA], SEALER, CONTENT))


def reader(sealed: bytes, size: int = len(DATA), content_id=CONTENT) -> io.BufferedReader:
    return io.BufferedReader(FrameReader(lambda start, end: sealed[start:end], SEALER, content_id, size))


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
@pytest.mark.parametrize("size", [1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME])
def test_round_trip_at_every_edge(cipher, size):
    sealer, data = sealer_of(cipher, b"k" * 32), DATA[:size]
    chunks = [data[:1000], data[1000:]]
    sealed = b"".join(seal_frames(chunks, sealer, CONTENT))
    opened = FrameReader(lambda start, end: sealed[start:end], sealer, CONTENT, size)
    assert io.BufferedReader(opened).read() == data


@settings(max_examples=60)
@given(start=st.integers(0, len(DATA) + 10), length=st.integers(0, FRAME + 10))
def test_any_range(start, length):
    source = reader(SEALED)
    source.seek(start)
    assert source.read(length) == DATA[start : start + length]


def test_reads_only_the_frames_it_needs():
    asked = []

    def fetch(start, end):
        asked.append(start // SEALED_FRAME)
        return SEALED[start:end]

    source = io.BufferedReader(FrameReader(fetch, SEALER, CONTENT, len(DATA)))
    source.seek(-10, io.SEEK_END)
    assert source.read() == DATA[-10:]
    assert asked == [2]


FRAMES = [SEALED[n : n + SEALED_FRAME] for n in range(0, len(SEALED), SEALED_FRAME)]


@pytest.mark.parametrize(
    ("sealed", "size"),
    [
        (FRAMES[1] + FRAMES[0] + FRAMES[2], len(DATA)),
        (FRAMES[0] + FRAMES[0] + FRAMES[2], len(DATA)),
        (FRAMES[0] + FRAMES[1], len(DATA)),
        (FRAMES[0] + FRAMES[1], 2 * FRAME),
        (FRAMES[0] + FRAMES[2], FRAME + 12345),
        (SEALED[:-1], len(DATA)),
        (SEALED[:-1] + b"x", len(DATA)),
        (b"", len(DATA)),
    ],
    ids=["swapped", "repeated", "cut", "cut and size changed", "one taken out", "byte lost", "byte changed", "empty"],
)
def test_tampering_is_noticed(sealed, size):
    with pytest.raises(Unreadable):
        reader(sealed, size).read()


def test_another_contents_frames_do_not_open():
    with pytest.raises(Unreadable):
        reader(SEALED, content_id=ids.new_id()).read()
