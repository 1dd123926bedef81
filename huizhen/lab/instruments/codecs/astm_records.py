"""ASTM E1394 (CLSI LIS2-A2) records: the content of a message, whatever carried it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from huizhen.lab.instruments.codecs import charset

KINDS = frozenset("HPOCRQLMSD")


class NotASTM(ValueError):
    """The bytes hold no header record."""


@dataclass(frozen=True)
class Delimiters:
    """H-2: the sign after `H`, then repeat, component, escape."""

    field: str = "|"
    repeat: str = "\\"
    component: str = "^"
    escape: str = "&"

    @classmethod
    def of(cls, header: str) -> "Delimiters":
        """As a header record declares them; the usual ones where it declares fewer."""
        own = header[2:5].split(header[1])[0]
        given = own + "\\^&"[len(own) :]
        return cls(header[1], *given)


USUAL = Delimiters()


@dataclass
class Message:
    """Records in order, each a list of raw fields with its letter first: `record[n - 1]` is field n of the standard."""

    records: list[list[str]]
    delimiters: Delimiters = USUAL
    encoding: str = "ascii"
    faults: tuple[str, ...] = field(default=())

    @property
    def header(self) -> list[str]:
        """The H record."""
        return self.records[0]

    def raw(self, record: Sequence[str], number: int) -> str:
        """A raw field by its number in the standard, empty where the record ends before it."""
        return record[number - 1] if number <= len(record) else ""

    def text(self, record: Sequence[str], number: int, component: int = 1) -> str:
        """One plain text of the first repetition."""
        return part(self.raw(record, number), self.delimiters, component)


def parse(data: bytes, label: str = "") -> Message:
    """Cut a message into records. Records end with CR, also with LF or both; a line that is none continues the last.

    Raises:
        NotASTM: there is no header record.
    """
    text, encoding = charset.decode(data.strip(b"\x00\r\n\t "), label)
    if len(text) < 2 or text[0] != "H" or text[1].isalnum():
        raise NotASTM
    delimiters = Delimiters.of(text)
    mark = delimiters.field
    records: list[list[str]] = []
    for line in re.split(r"[\r\n]+", text):
        if line[:1] in KINDS and line[1:2] in (mark, ""):
            fields = line.split(mark)
            # H-2 holds the delimiters themselves, the field's own among what a plain split would count.
            records.append(fields)
        elif line.strip() and records:
            first, *more = line.split(mark)
            records[-1][-1] += first
            records[-1] += more
    return Message(records, delimiters, encoding, ("unknown_charset",) if encoding == "unknown" else ())


def part(raw: str, delimiters: Delimiters, component: int = 1) -> str:
    """One component (from 1) of the first repetition of a raw field, as plain text."""
    if delimiters.repeat in raw:
        raw = raw.split(delimiters.repeat, 1)[0]
    if component > 1 or delimiters.component in raw:
        parts = raw.split(delimiters.component)
        raw = parts[component - 1] if component <= len(parts) else ""
    return unescape(raw, delimiters) if delimiters.escape in raw else raw


def unescape(raw: str, delimiters: Delimiters = USUAL) -> str:
    """Plain text of what stands between delimiters. Escapes of no plain meaning stay as they are."""
    plain = {"F": delimiters.field, "S": delimiters.component, "R": delimiters.repeat, "E": delimiters.escape}

    def one(found: re.Match[str]) -> str:
        code = found[1]
        if code in plain:
            return plain[code]
        if re.fullmatch(r"X(?:[0-9A-Fa-f]{2})+", code):
            return charset.decode(bytes.fromhex(code[1:]))[0]
        return found[0]

    mark = re.escape(delimiters.escape)
    return re.sub(f"{mark}([^{mark}]*){mark}", one, raw)


def escape(plain: str, delimiters: Delimiters = USUAL) -> str:
    """Text that may stand between delimiters and opens as `plain`."""
    mark = delimiters.escape
    codes = {delimiters.escape: "E", delimiters.field: "F", delimiters.component: "S", delimiters.repeat: "R",
             "\r": "X0D", "\n": "X0A"}  # fmt: skip
    return "".join(f"{mark}{codes[letter]}{mark}" if letter in codes else letter for letter in plain)


def split(raw: str, delimiters: Delimiters = USUAL) -> list[list[str]]:
    """A raw field as repetitions of components, in plain text."""
    return [
        [unescape(component, delimiters) for component in one.split(delimiters.component)]
        for one in raw.split(delimiters.repeat)
    ]


def join(tree: Sequence[Sequence[str]], delimiters: Delimiters = USUAL) -> str:
    """A raw field of its tree: what `split` undoes."""
    return delimiters.repeat.join(
        delimiters.component.join(escape(component, delimiters) for component in one) for one in tree
    )


def encode(records: Sequence[Sequence[str]], delimiters: Delimiters = USUAL, encoding: str = "utf-8") -> bytes:
    """Bytes of records of raw fields, as `parse` gives them, each ended by CR."""
    text = "".join(delimiters.field.join(record) + "\r" for record in records)
    return charset.encode(text, "utf-8" if encoding == "ascii" else encoding)
