"""Simulated instruments that are asked: they hear the question on their line and answer it, or misbehave."""

import asyncio
import contextlib
from collections.abc import Sequence

from huizhen.lab.instruments.codecs import astm_records, hl7, mllp
from huizhen.lab.instruments.fakes.saying import CALM, astm_message, hl7_message
from huizhen.lab.instruments.fakes.sending import PATIENCE_SECONDS, AstmLine, Connect, hang_up

ANSWERS = {
    "silent": "hears the question and says nothing",
    "nothing": "says that it has nothing of this specimen",
    "twice": "answers twice",
    "stranger": "answers with another specimen",
    "falls_silent": "begins its answer and falls silent in the middle of it",
    "no_reply": "does not answer the ENQ of the host (ASTM)",
    "refuse_frames": "answers every frame with NAK (ASTM)",
    "refuse": "takes no orders: ORC-1 UA (HL7)",
    "unable_to_cancel": "takes orders and cannot call them off: ORC-1 UC (HL7)",
    "reject": "answers orders with AE (HL7)",
}
CALLED_OFF = "CA"  # ORC-1 of an order that is called off


async def answer_astm(
    connect: Connect, opening: Sequence[str], moods: frozenset[str] = CALM, *, seconds: float,
    name: str = "SIMCHEM",
) -> list[str]:  # fmt: skip
    """Send a result of the `opening` specimens, stay on the line, answer each question (Q record) that comes; returns
    the specimens asked for. An order counts as a question: it is run, and its result sent."""
    line = AstmLine(*await connect())
    asked: list[str] = []
    with contextlib.suppress(TimeoutError, ConnectionError):
        await line.send(astm_message(opening, name=name))
        async with asyncio.timeout(seconds):
            while True:
                if moods & {"no_reply", "refuse_frames"}:
                    await line.turn_down(is_deaf="no_reply" in moods)
                    continue
                specimen = _asked_in(await line.receive())
                if not specimen:
                    continue
                asked.append(specimen)
                say = line.break_off if "falls_silent" in moods else line.send
                for payload in _astm_answers(specimen, moods, name):
                    await say(payload)
    await line.close()
    return asked


def _asked_in(payload: bytes) -> str:
    """The specimen of a host's question (Q-3.2), or of its order (O-3); empty where the order is called off (O-12)."""
    message = astm_records.parse(payload)
    for record in message.records:
        if record[0] in "QO" and message.text(record, 12) != "C":
            return message.text(record, 3, 2) or message.text(record, 3)
    return ""


def _astm_answers(specimen: str, moods: frozenset[str], name: str) -> list[bytes]:
    if "silent" in moods:
        return []
    if "nothing" in moods:
        return [f"H|\\^&|||{name}^1.0|||||||P|1\rL|1|I\r".encode()]
    wanted = "STRANGER-1" if "stranger" in moods else specimen
    return [astm_message([wanted], name=name)] * (2 if "twice" in moods else 1)


PLACES = {"QRY": ("QRD", 8), "QBP": ("QPD", 3), "OML": ("SPM", 2)}  # where a message from the host names its specimen


async def answer_mllp(
    connect: Connect, opening: Sequence[str], moods: frozenset[str] = CALM, *, seconds: float,
    name: str = "SIMPCR",
) -> list[str]:  # fmt: skip
    """As `answer_astm`, for QRY and QBP, and for orders (OML): each is answered by an ORL."""
    reader, writer = await connect()
    deframer, asked = mllp.Deframer(), list[str]()
    writer.write(mllp.frame(hl7_message(opening, name=name)))
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(min(seconds, PATIENCE_SECONDS * 4)):
            while data := await reader.read(65536):
                for block in deframer.feed(data):
                    message = hl7.parse(block.content)
                    place = PLACES.get(message.text(message.header, 9))
                    if place:
                        asked.append(message.text(message.first(place[0]) or [place[0]], place[1]))
                        answers = _order_answers if place[0] == "SPM" else _hl7_answers
                        for answer in answers(message, asked[-1], moods, name):
                            said = mllp.frame(answer)
                            writer.write(said[: len(said) // 2] if "falls_silent" in moods else said)
                await writer.drain()
    await hang_up(writer)
    return asked


def _hl7_answers(question: hl7.Message, specimen: str, moods: frozenset[str], name: str) -> list[bytes]:
    if "silent" in moods:
        return []
    code = "ORF^R04" if question.text(question.header, 9) == "QRY" else "RSP^K11^RSP_K11"
    results = hl7.parse(hl7_message(["STRANGER-1" if "stranger" in moods else specimen], name=name))
    header = [*results.header[:9], code, *results.header[10:]]
    said = [["MSA", "AA", question.text(question.header, 10)], ["QAK", "1", "NF" if "nothing" in moods else "OK"]]
    body = [] if "nothing" in moods else results.segments[1:]
    return [hl7.encode([header, *said, *body])] * (2 if "twice" in moods else 1)


def _order_answers(order: hl7.Message, specimen: str, moods: frozenset[str], name: str) -> list[bytes]:
    """ORL^O34, and the results of what was ordered; nothing is run that is called off, or was not taken."""
    if "silent" in moods:
        return []
    said = [_said_to(order.text(one, 1), moods) for one in order.segments if one[0] == "ORC"]
    head = hl7.parse(hl7_message([specimen], name=name)).header
    code = "AE" if "reject" in moods else "AA"
    answer = hl7.encode([
        [*head[:9], "ORL^O34^ORL_O34", *head[10:]], ["MSA", code, order.text(order.header, 10)],
        *(["ORC", one] for one in said if code == "AA"),
    ])  # fmt: skip
    is_run = code == "AA" and "OK" in said
    return [answer, *([hl7_message([specimen], name=name)] if is_run else [])]


def _said_to(control: str, moods: frozenset[str]) -> str:
    """ORC-1 of the answer to an order (HL7 table 0119)."""
    if control == CALLED_OFF:
        return "UC" if "unable_to_cancel" in moods else "CR"
    return "UA" if "refuse" in moods else "OK"
