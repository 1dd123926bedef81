"""MLLP: where one HL7 message ends and the next begins. As the field sends it, not only as release 1 and 2 say.

A block is VT, content, FS, CR. In the field the VT is missing, the FS comes without its CR or the CR in the next read,
NULs stand between blocks. Content never holds VT or FS, not even in GB18030 or base64, so either ends a block.
"""

import re
from dataclasses import dataclass

VT, FS, CR = b"\x0b", b"\x1c", b"\r"
ACK, NAK = b"\x06", b"\x15"
BETWEEN = b"\x00\r\n\t \x1c"
EDGE = re.compile(rb"[\x0b\x1c]")
LONGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Block:
    """The content of one block, and in codes what was wrong around it: `missing_vt`, `missing_fs`, `too_long`;
    `cut_off` where its end is missing in the middle of a segment: a value may be half of one."""

    content: bytes
    faults: tuple[str, ...] = ()

    @property
    def commit(self) -> bool | None:
        """For a commit block of MLLP release 2: whether it says yes; `None` for a message."""
        return {ACK: True, NAK: False}.get(self.content)


def frame(content: bytes) -> bytes:
    """A block around content."""
    return VT + content + FS + CR


COMMITTED, REFUSED = frame(ACK), frame(NAK)


class Deframer:
    """Takes reads of any size and gives whole blocks, the same ones however the stream was cut.

    Each byte is looked at once: a message of megabytes over hundreds of reads costs its length, not its square.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self._held = bytearray()
        self._seen = 0
        self._inside = False
        self._faults: tuple[str, ...] = ()
        self._longest = longest

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for its end."""
        return not self._inside

    def feed(self, data: bytes) -> list[Block]:
        """The blocks that end in these bytes."""
        self._held += data
        found: list[Block] = []
        start = 0
        while (begin := self._begin(start)) is not None:
            edge = EDGE.search(self._held, max(begin, self._seen))
            if edge is None:
                start, self._seen = begin, len(self._held)
                break
            opens = edge.group() == VT
            self._give(found, begin, edge.start(), ("missing_fs",) if opens else ())
            start = edge.start() if opens else edge.end()
        else:
            start = len(self._held)
        del self._held[:start]
        self._seen = max(0, self._seen - start)
        if len(self._held) > self._longest:
            found += self.end("too_long")
        return found

    def end(self, fault: str = "missing_fs") -> list[Block]:
        """What is left when the line closes or falls silent: a block without its end, or nothing."""
        found: list[Block] = []
        if self._inside:
            self._give(found, 0, len(self._held), (fault,))
        self._held.clear()
        self._seen = 0
        return found

    def _begin(self, start: int) -> int | None:
        """Where content begins at or after `start`; `None` where only what stands between blocks is left."""
        if self._inside:
            return start
        while start < len(self._held) and self._held[start] in BETWEEN:
            start += 1
        if start == len(self._held):
            return None
        self._inside = True
        has_vt = self._held[start : start + 1] == VT
        self._faults = () if has_vt else ("missing_vt",)
        return start + 1 if has_vt else start

    def _give(self, found: list[Block], begin: int, end: int, faults: tuple[str, ...]) -> None:
        content = bytes(self._held[begin:end])
        if "missing_fs" in faults and not content.endswith((b"\r", b"\n")):
            faults = ("cut_off",)
        if content.strip(BETWEEN):
            found.append(Block(content, self._faults + faults))
        self._inside, self._faults, self._seen = False, (), 0
