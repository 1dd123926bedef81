"""Moods of the line: how bytes are written down, framed and sent, whatever they say."""

from collections.abc import Callable, Sequence

from huizhen.lab.instruments.codecs import astm_frames
from huizhen.lab.instruments.fakes.mood import Change, Piece, Strays

CRUMBS = 600  # at most so many writes, lest megabytes take minutes


# --- how text becomes bytes --------------------------------------------------------------------------------------
def ended_by(mark: bytes) -> Change[bytes]:
    """Another mark at the end of each segment or line."""
    return lambda octets: octets.replace(b"\r\n", b"\r").replace(b"\r", mark)


def in_gb18030(octets: bytes) -> bytes:
    """The same letters in the national standard's bytes."""
    return octets.decode().encode("gb18030")


# --- MLLP: blocks ------------------------------------------------------------------------------------------------
def no_vt(blocks: list[bytes]) -> list[bytes]:
    """Without the first byte."""
    return [block[1:] for block in blocks]


def no_cr(blocks: list[bytes]) -> list[bytes]:
    """Without the last byte."""
    return [block.removesuffix(b"\r") for block in blocks]


def late_cr(blocks: list[bytes]) -> list[bytes]:
    """The last byte with the first of the next block."""
    return [(b"\r" if number else b"") + block.removesuffix(b"\r") for number, block in enumerate(blocks)]


def nuls(blocks: list[bytes]) -> list[bytes]:
    """NULs before each."""
    return [b"\x00" * 3 + block for block in blocks]


# --- ASTM: pieces, frames, and what strays between them ----------------------------------------------------------
def joined(size: int) -> Change[list[Piece]]:
    """The whole message in frames of so many bytes of text, cut wherever one is full."""
    return lambda pieces: cut([(b"".join(text for text, _last in pieces), True)], size)


def cut(pieces: Sequence[Piece], size: int) -> list[Piece]:
    """Pieces that are longer than this go on in the next frame."""
    return [
        (text[start : start + size], last and start + size >= len(text))
        for text, last in pieces
        for start in range(0, max(len(text), 1), size)
    ]


def no_checksum(frames: list[bytes]) -> list[bytes]:
    """Without the two digits between ETX or ETB and CR."""
    return [frame[:-4] + frame[-2:] for frame in frames]


def _about_the_second(stray: Callable[[Sequence[bytes], bytes], Strays]) -> Callable[[Sequence[bytes]], Strays]:
    return lambda frames: stray(frames, frames[min(1, len(frames) - 1)])


wrong_checksum = _about_the_second(lambda _frames, second: {second: second[:-4] + b"~~\r\n"})
missing_frame = _about_the_second(lambda frames, second: {second: frames[-1]})
repeat_frame = _about_the_second(lambda frames, second: {frames[2] if len(frames) > 2 else astm_frames.EOT: second})


def keep_alive(_frames: Sequence[bytes]) -> Strays:
    """A session with nothing in it, first."""
    return {astm_frames.ENQ: astm_frames.ENQ + astm_frames.EOT}


# --- writes ------------------------------------------------------------------------------------------------------
def crumbs(writes: list[bytes]) -> list[bytes]:
    """Byte by byte; megabytes in some hundred pieces."""
    stream = b"".join(writes)
    size = max(1, len(stream) // CRUMBS)
    return [stream[start : start + size] for start in range(0, len(stream), size)]


def together(writes: list[bytes]) -> list[bytes]:
    """Everything at once."""
    return [b"".join(writes)]
