"""Acknowledgements of HL7 messages, in the original and in the enhanced mode (HL7 2.9 chapter 2, 2.9.2 and 2.9.3)."""

from collections.abc import Callable
from datetime import datetime

from huizhen.lab.instruments.codecs.hl7 import Message, Separators, encode, escape

CONDITIONS = frozenset({"AL", "NE", "ER", "SU"})
US = "HUIZHEN"


def acknowledge(message: Message, new_id: Callable[[], str], *, at: datetime, held: bool = True) -> list[bytes]:
    """The answers this message asks for, in order; `held`: whether its bytes are on disk.

    Original mode: `AA`, or `AE`. Enhanced, where MSH-15 or MSH-16 holds a condition (some devices put other things
    into MSH-16): a commit (`CA`, `CE`) and an application answer, each if its condition asks for it.
    """
    accept, application = (message.raw(message.header, number) for number in (15, 16))
    if accept not in CONDITIONS and application not in CONDITIONS:
        return [answer(message, "AA" if held else "AE", new_id(), at=at)]
    codes = []
    if _asked(accept, held):
        codes.append("CA" if held else "CE")
    if _asked(application, held):
        codes.append("AA" if held else "AE")
    return [answer(message, code, new_id(), at=at) for code in codes]


def _asked(condition: str, held: bool) -> bool:
    return condition in ({"AL", "SU"} if held else {"AL", "ER"})


def answer(message: Message, code: str, control_id: str, *, at: datetime) -> bytes:
    """One acknowledgement: MSH-10 echoed in MSA-2, MSH-11, MSH-12 and MSH-18 echoed, the parties exchanged."""
    header = header_to(message, _kind(message), control_id, at=at)
    return encode([header, ["MSA", code, message.raw(message.header, 10)]], message.separators, message.encoding)


def header_to(message: Message, kind: str, control_id: str, *, at: datetime) -> list[str]:
    """The MSH of anything said back to the sender of a message. `kind` is raw: with its separators."""
    given = message.header
    return [
        "MSH", message.separators.field, message.separators.declared,
        message.raw(given, 5) or US, message.raw(given, 6), message.raw(given, 3), message.raw(given, 4),
        at.strftime("%Y%m%d%H%M%S"), "", kind, control_id, message.raw(given, 11) or "P", message.raw(given, 12) or "2.3.1",
        "", "", "", "", "", message.raw(given, 18),
    ]  # fmt: skip


def _kind(message: Message) -> str:
    mark = message.separators.component
    _, *more = message.raw(message.header, 9).split(mark)
    return mark.join(["ACK", *more[:1], *(["ACK"] if len(more) > 1 else [])])


def refuse(control_id: str, *, at: datetime) -> bytes:
    """The answer to what is no HL7 message: `AR`, and nothing to echo."""
    usual = Separators()
    header = ["MSH", usual.field, usual.declared, US, "", "", "", at.strftime("%Y%m%d%H%M%S"), "", "ACK", control_id,
              "P", "2.3.1"]  # fmt: skip
    return encode([header, ["MSA", "AR", "", escape("not an HL7 message")]], usual)
