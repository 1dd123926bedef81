"""HL7 version 2: segments, fields, and what stands inside them (HL7 2.9 chapter 2). Values stay text as sent.

Parsing cuts into segments and raw fields only; components, repetitions and escapes are opened where somebody looks.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from huizhen.lab.instruments.codecs import charset

Tree = list[list[list[str]]]  # repetitions of components of subcomponents
LINE = re.compile(r"[\r\n]+(?=[A-Z][A-Z0-9]{2}[^\w\s])")
HEADERS = ("MSH", "FHS", "BHS")


class NotHL7(ValueError):
    """The bytes do not begin with an HL7 header."""


@dataclass(frozen=True)
class Separators:
    """MSH-1 and MSH-2."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    sub: str = "&"

    @classmethod
    def of(cls, header: str) -> "Separators":
        """As a header segment declares them; the usual ones where MSH-2 is shorter than it should be."""
        own = header[4:8].split(header[3])[0]
        given = own + "^~\\&"[len(own) :]
        return cls(header[3], *given)

    @property
    def declared(self) -> str:
        """What stands in MSH-2."""
        return self.component + self.repetition + self.escape + self.sub


USUAL = Separators()


@dataclass
class Message:
    """Segments in order, each a list of raw fields with its name first, so that `segment[n]` is field n (MSH too)."""

    segments: list[list[str]]
    separators: Separators = USUAL
    encoding: str = "ascii"
    faults: tuple[str, ...] = field(default=())

    @property
    def header(self) -> list[str]:
        """The MSH segment."""
        return self.segments[0]

    def raw(self, segment: Sequence[str], number: int) -> str:
        """A raw field, empty where the segment ends before it."""
        return segment[number] if number < len(segment) else ""

    def text(self, segment: Sequence[str], number: int, component: int = 1, sub: int = 1) -> str:
        """One plain text of the first repetition; empty where there is none."""
        return part(self.raw(segment, number), self.separators, component, sub)

    def first(self, name: str) -> list[str] | None:
        """The first segment of this name."""
        return next((segment for segment in self.segments if segment[0] == name), None)


def parse(data: bytes, label: str = "") -> Message:
    """Cut a message into segments. `label`: an encoding the sender is known to use, over its own MSH-18.

    Segments end with CR; LF and CRLF are taken too. A line that is no segment continues the one before.

    Raises:
        NotHL7: there is no header.
    """
    data = data.strip(b"\x00\r\n\t \xef\xbb\xbf")
    if data[:3] not in (b"MSH", b"FHS", b"BHS") or len(data) < 8:
        raise NotHL7
    text, encoding = charset.decode(data, label or _labelled(data))
    separators = Separators.of(text)
    mark = separators.field
    lines = text.split("\r") if "\n" not in text else LINE.split(text)
    segments = [line.split(mark) for line in lines if line]
    if any(len(parts[0]) != 3 for parts in segments):
        segments = [line.split(mark) for line in LINE.split(text)]
    for parts in segments:
        if parts[0] in HEADERS:
            parts.insert(1, mark)
    return Message(segments, separators, encoding, ("unknown_charset",) if encoding == "unknown" else ())


def _labelled(data: bytes) -> str:
    header = data[: data.find(b"\r") if b"\r" in data else len(data)].split(data[3:4])
    return header[17].split(b"~")[0].decode("latin-1") if len(header) > 17 else ""


def part(raw: str, separators: Separators, component: int = 1, sub: int = 1) -> str:
    """One component and subcomponent (from 1) of the first repetition of a raw field, as plain text."""
    if separators.repetition in raw:
        raw = raw.split(separators.repetition, 1)[0]
    if component > 1 or separators.component in raw:
        parts = raw.split(separators.component)
        raw = parts[component - 1] if component <= len(parts) else ""
    if sub > 1 or separators.sub in raw:
        parts = raw.split(separators.sub)
        raw = parts[sub - 1] if sub <= len(parts) else ""
    return unescape(raw, separators) if separators.escape in raw else raw


def unescape(raw: str, separators: Separators = USUAL, encoding: str = "") -> str:
    """Plain text of what stands between separators. Escapes of no plain meaning stay as they are."""
    plain = {"F": separators.field, "S": separators.component, "R": separators.repetition,
             "E": separators.escape, "T": separators.sub, ".br": "\n", "H": "", "N": ""}  # fmt: skip

    def one(found: re.Match[str]) -> str:
        code = found[1]
        if code in plain:
            return plain[code]
        if code[:1] == "X" and re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", code[1:]):
            return charset.decode(bytes.fromhex(code[1:]), encoding)[0]
        return found[0]

    mark = re.escape(separators.escape)
    return re.sub(f"{mark}([^{mark}]*){mark}", one, raw)


def escape(plain: str, separators: Separators = USUAL) -> str:
    """Text that may stand between separators and opens as `plain`."""
    mark = separators.escape
    codes = {separators.escape: "E", separators.field: "F", separators.component: "S", separators.repetition: "R",
             separators.sub: "T", "\r": "X0D", "\n": "X0A"}  # fmt: skip
    return "".join(f"{mark}{codes[letter]}{mark}" if letter in codes else letter for letter in plain)


def split(raw: str, separators: Separators = USUAL) -> Tree:
    """A raw field as repetitions of components of subcomponents, in plain text."""
    return [
        [[unescape(sub, separators) for sub in component.split(separators.sub)]
         for component in repetition.split(separators.component)]
        for repetition in raw.split(separators.repetition)
    ]  # fmt: skip


def join(tree: Tree, separators: Separators = USUAL) -> str:
    """A raw field of its tree: what `split` undoes."""
    return separators.repetition.join(
        separators.component.join(
            separators.sub.join(escape(sub, separators) for sub in component) for component in one
        )
        for one in tree
    )


def encode(segments: Iterable[Sequence[str]], separators: Separators = USUAL, encoding: str = "utf-8") -> bytes:
    """Bytes of segments of raw fields, as `parse` gives them."""
    lines = []
    for segment in segments:
        fields = [segment[0], *segment[2:]] if segment[0] in HEADERS else segment
        lines.append(separators.field.join(fields))
    return charset.encode("\r".join(lines) + "\r", "utf-8" if encoding == "ascii" else encoding)
