"""The receiving half of ASTM E1381, without sockets and without a clock: bytes and times in, steps out.

A step is bytes to send, or a message to keep, whose acknowledgement goes out only when it is kept. Only the frame that
ends a message carries that promise; the frames before it say "go on", as E1381 means them: whoever is cut off begins
anew from the first frame.
"""

import re
from dataclasses import dataclass

from huizhen.lab.instruments.codecs.astm_frames import ACK, ENQ, EOT, ETB, ETX, NAK, STX, Frame, read

PATIENCE_SECONDS = 30.0  # E1381 8.3.2: the receiver waits so long for the next frame
LONGEST = 64 * 1024 * 1024
SIGNALS = re.compile(b"[" + STX + ETX + ETB + ENQ + EOT + b"]")
# How a frame begins, as far as it came: its number, the letter of a record, and no further letter.
FRAME = re.compile(rb"\Z|[0-7](\Z|[A-Z](\Z|[^0-9A-Za-z]))")


@dataclass(frozen=True)
class Send:
    """Bytes to put on the line now."""

    data: bytes


@dataclass(frozen=True)
class Keep:
    """A message to commit; `reply` goes out then. Faults: `cut_off`, `no_terminator`, `no_header`, `too_long`,
    `not_astm` where what stands after STX is no frame at all."""

    payload: bytes
    reply: bytes = b""
    faults: tuple[str, ...] = ()


Step = Send | Keep


class Receiver:
    """One line. `has_checksum` is off for devices that send frames without; `counts` for those that cannot count."""

    def __init__(self, *, has_checksum: bool = True, counts: bool = True, longest: int = LONGEST) -> None:
        self._counts = counts
        self._digits = 2 if has_checksum else 0
        self._longest = longest
        self._frame: bytearray | None = None  # what came since STX
        self._ended = 0  # where in it ETX or ETB stands, past the first byte
        self._text = bytearray()  # of the message so far
        self._last: Frame | None = None
        self._heard_at = 0.0
        self.in_session = False

    # --- what happens to the line --------------------------------------------------------------------------------
    def feed(self, data: bytes, at: float = 0.0) -> list[Step]:
        """What to do about these bytes. The same steps however a stream is cut."""
        self._heard_at = at
        steps: list[Step] = []
        place = 0
        while place < len(data):
            if self._ended:
                self._after_end(data[place], steps)
                place += 1
                continue
            signal = SIGNALS.search(data, place)
            stop = signal.start() if signal else len(data)
            self._add(data[place:stop], steps)
            if signal:
                self._signal(signal.group(), steps)
            place = stop + 1
        return steps

    def tick(self, at: float) -> list[Step]:
        """What to do about the time that passed: a sender silent for thirty seconds has gone."""
        if self.in_session and at - self._heard_at >= PATIENCE_SECONDS:
            return self.close()
        return []

    def close(self) -> list[Step]:
        """The line is gone, or the sender is: what came of an unfinished message is kept and named."""
        frame = bytes(self._frame or b"")
        is_foreign = not self._text and not FRAME.match(frame)
        cut = frame if is_foreign else bytes(self._text) + frame[1:]
        self._reset()
        self.in_session = False
        return [Keep(cut, faults=("not_astm" if is_foreign else "cut_off",))] if cut.strip() else []

    # --- byte by byte --------------------------------------------------------------------------------------------
    def _add(self, data: bytes, steps: list[Step]) -> None:
        """Text of a frame; outside of one it is noise on the line."""
        if self._frame is None:
            return
        self._frame += data
        if len(self._frame) + len(self._text) > self._longest:
            steps.append(Keep(bytes(self._text) + bytes(self._frame[1:]), NAK, ("too_long",)))
            self._reset()

    def _signal(self, one: bytes, steps: list[Step]) -> None:
        if one == STX:
            self._frame, self._ended, self.in_session = bytearray(), 0, True
        elif one == ENQ:
            steps += self.close()
            self.in_session = True
            steps.append(Send(ACK))
        elif one == EOT:
            self._end_session(steps)
        elif self._frame is not None:
            self._frame.append(one[0])
            self._ended = len(self._frame)
            if not self._digits:
                self._judge(steps)

    def _after_end(self, byte: int, steps: list[Step]) -> None:
        frame = self._frame
        if frame is None:
            return
        frame.append(byte)
        if len(frame) == self._ended + self._digits:
            self._judge(steps)

    # --- frame by frame ------------------------------------------------------------------------------------------
    def _judge(self, steps: list[Step]) -> None:
        whole = bytes(self._frame or b"")
        self._frame = None
        frame = read(whole[: self._ended], whole[self._ended :] if self._digits else None)
        self._ended = 0
        if not frame.is_sound:
            steps.append(Send(NAK))
        elif self._is_repeat(frame):
            steps.append(Send(ACK))
        elif self._is_next(frame):
            self._accept(frame, steps)
        else:
            steps.append(Send(NAK))

    def _is_repeat(self, frame: Frame) -> bool:
        """The same number again. Between messages only if it is also the same text: some devices begin anew at 1."""
        last = self._last
        if last is None or frame.number != last.number:
            return False
        return frame.text == last.text or (self._counts and (bool(self._text) or not _begins(frame)))

    def _is_next(self, frame: Frame) -> bool:
        """The number after the last. Some devices begin anew with each message of a session, and some at 0."""
        if not self._counts or (not self._text and _begins(frame)):
            return True
        expected = 1 if self._last is None else (self._last.number + 1) % 8
        return frame.number == expected

    def _accept(self, frame: Frame, steps: list[Step]) -> None:
        self._last = frame
        self._text += frame.text
        if not frame.last:
            steps.append(Send(ACK))
            return
        if not self._text.endswith((b"\r", b"\n")):
            self._text += b"\r"
        if not is_complete(self._text):
            steps.append(Send(ACK))
            return
        *before, final = split_messages(bytes(self._text))
        steps += [Keep(payload, faults=_faults(payload)) for payload in before]
        steps.append(Keep(final, ACK, _faults(final)))
        self._text.clear()

    def _end_session(self, steps: list[Step]) -> None:
        if self._frame:
            steps += self.close()
        elif self._text.strip():
            ended = is_complete(self._text)
            whole = self._last is not None and self._last.last
            fault = () if ended else ("no_terminator",) if whole else ("cut_off",)
            steps.append(Keep(bytes(self._text), faults=fault))
        self._reset()
        self.in_session = False

    def _reset(self) -> None:
        self._frame, self._ended, self._last = None, 0, None
        self._text.clear()


def is_complete(text: bytes | bytearray) -> bool:
    """Whether the last record is a terminator (L)."""
    body = text.rstrip(b"\r\n")
    start = max(body.rfind(b"\r"), body.rfind(b"\n")) + 1
    return body[start : start + 1] == b"L" and (len(body) == start + 1 or not body[start + 1 : start + 2].isalnum())


def split_messages(text: bytes) -> list[bytes]:
    """Messages that came in one frame, each from its header on."""
    found: list[bytes] = []
    for record in text.splitlines(keepends=True):
        is_header = record[:1] == b"H" and len(record) > 2 and not record[1:2].isalnum()
        if is_header or not found:
            found.append(b"")
        found[-1] += record
    return found


def _begins(frame: Frame) -> bool:
    return frame.text[:1] == b"H" and not frame.text[1:2].isalnum()


def _faults(payload: bytes) -> tuple[str, ...]:
    return () if payload[:1] == b"H" else ("no_header",)
