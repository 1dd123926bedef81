"""Devices that send no frames: ASTM records as they are, or text between two signs of their own."""

from dataclasses import dataclass

from huizhen.lab.instruments.codecs.astm_receiver import LONGEST, is_complete, split_messages

CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\r\n")


@dataclass(frozen=True)
class Piece:
    """One message, and in codes what was wrong with it: `cut_off`, `too_long`."""

    content: bytes
    faults: tuple[str, ...] = ()


class Records:
    """ASTM records without frames: a message ends with its terminator record (L). Control bytes are dropped."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._held = bytearray()
        self._line = bytearray()
        self._longest = longest

    def feed(self, data: bytes) -> list[Piece]:
        """The messages that end in these bytes."""
        found: list[Piece] = []
        *lines, rest = data.translate(None, CONTROL).replace(b"\n", b"\r").split(b"\r")
        for line in lines:
            self._line += line
            if self._line:
                self._held += self._line + b"\r"
                self._line.clear()
            if is_complete(self._held):
                found += [Piece(message) for message in split_messages(bytes(self._held))]
                self._held.clear()
        self._line += rest
        if len(self._held) + len(self._line) > self._longest:
            found += self.end("too_long")
        return found

    def end(self, fault: str = "cut_off") -> list[Piece]:
        """What is left when the line closes or falls silent: complete where only the last CR was missing."""
        left = bytes(self._held + self._line)
        self._held.clear()
        self._line.clear()
        if not left.strip():
            return []
        return [Piece(left, () if is_complete(left) else (fault,))]


class Text:
    """Text between two signs, such as STX and ETX; without a first sign all bytes up to the last belong to it."""

    def __init__(self, start: bytes = b"", end: bytes = b"\x03", longest: int = LONGEST) -> None:
        self._start, self._end, self._longest = start, end, longest
        self._held = bytearray()
        self._seen = 0

    def feed(self, data: bytes) -> list[Piece]:
        """The messages that end in these bytes."""
        self._held += data
        found: list[Piece] = []
        while (end := self._held.find(self._end, max(0, self._seen - len(self._end) + 1))) >= 0:
            found += self._piece(bytes(self._held[:end]))
            del self._held[: end + len(self._end)]
            self._seen = 0
        self._seen = len(self._held)
        return found + (self.end("too_long") if len(self._held) > self._longest else [])

    def end(self, fault: str = "cut_off") -> list[Piece]:
        """What is left when the line closes or falls silent."""
        left = bytes(self._held)
        self._held.clear()
        self._seen = 0
        return [Piece(piece.content, (fault,)) for piece in self._piece(left)]

    def _piece(self, content: bytes) -> list[Piece]:
        if self._start and self._start in content:
            content = content[content.rindex(self._start) + len(self._start) :]
        return [Piece(content)] if content.strip(b"\x00\r\n\t ") else []
