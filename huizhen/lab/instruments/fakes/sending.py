"""Simulated instruments that send: as real ones do, also in every way that bites."""

import asyncio
import contextlib
import time
from collections.abc import Sequence

from huizhen.kernel import clock
from huizhen.lab.instruments.codecs import astm_frames, hl7, mllp
from huizhen.lab.instruments.codecs.astm_receiver import Keep, Receiver, Send
from huizhen.lab.instruments.codecs.astm_sender import Done, Failed, Sender
from huizhen.lab.instruments.profile import CHINA

PATIENCE_SECONDS = 15.0
HUGE = 4 * 1024 * 1024

# What the message says.
CONTENTS = {
    "control": "a quality run",
    "failure": "the test was tried and gave nothing",
    "elsewhere": "the result stands in OBX-8",
    "power": "mantissa and power of ten",
    "unknown_test": "a code that no catalogue has",
    "gb18030": "a Chinese name in GB18030 under an ASCII label",
    "huge": "megabytes of base64 in OBX-5",
}
# How it comes over the line.
MANNERS = {
    "crumbs": "byte by byte",
    "together": "everything in one write",
    "cut": "the line is closed in the middle, then all is sent again",
    "resend": "sent twice",
    "deaf": "the acknowledgement is not waited for",
    "no_vt": "MLLP without its first byte",
    "late_cr": "the CR after FS comes with the next message",
    "lf": "LF between segments",
    "nuls": "NULs between messages",
    "wrong_checksum": "ASTM: the second frame's checksum is wrong at first",
    "repeat_frame": "ASTM: the second frame is sent twice",
    "missing_frame": "ASTM: the second frame is left out at first",
    "contention": "ASTM: ENQ against ENQ; the instrument wins",
    "keep_alive": "ASTM: ENQ, EOT and nothing else, first",
    "short_frames": "ASTM: records cut mid-field by ETB",
    "whole_frame": "ASTM: a whole message in a frame",
}


class BadMood(ValueError):
    """There is no such way to misbehave."""


def check_moods(words: Sequence[str]) -> frozenset[str]:
    """The moods named. Raises BadMood."""
    unknown = set(words) - CONTENTS.keys() - MANNERS.keys()
    if unknown:
        raise BadMood(f"{', '.join(sorted(unknown))}; there are {', '.join(sorted(CONTENTS.keys() | MANNERS.keys()))}")
    return frozenset(words)


def _clock_on_the_wall() -> str:
    """The time as an instrument writes it: that of its place, without saying so."""
    return clock.now().astimezone(CHINA).strftime("%Y%m%d%H%M%S")


# --- what is said ------------------------------------------------------------------------------------------------
def hl7_message(specimens: Sequence[str], moods: frozenset[str] = frozenset(), *, name: str = "SIMPCR") -> bytes:
    """An OUL^R22 as PCR analyzers send it: one SPM group for each specimen, MSH-10 always the same."""
    at = _clock_on_the_wall()
    segments = [["MSH", "|", "^~\\&", name, "LAB", "", "", at, "", "OUL^R22^OUL_R22", "1", "P", "2.5.1"]]
    for number, specimen in enumerate(specimens, start=1):
        role = "Q" if "control" in moods else "P"
        value, unit, flag, status = _result(moods)
        code = "ZZ-999" if "unknown_test" in moods else "SCOV2"
        segments += [
            ["SPM", str(number), hl7.escape(specimen), "", "SWAB", *[""] * 6, role],
            ["OBR", "1", "", "", f"{code}^SARS-CoV-2^99SIM"],
            ["OBX", "1", "ST", f"{code}^SARS-CoV-2^99SIM", "", value, unit, "", flag, "", "", status, "", "", at],
        ]
    if "huge" in moods:
        segments.append(["OBX", "2", "ED", "CURVE^Curve^99SIM", "", "^Image^PNG^Base64^" + "QUJD" * (HUGE // 4)])
    encoding = "utf-8"
    if "gb18030" in moods:
        segments.insert(1, ["PID", "1", "", "", "", "张伟"])
        encoding = "gb18030"
    end = b"\n" if "lf" in moods else b"\r"
    return hl7.encode(segments, encoding=encoding).replace(b"\r", end)


def _result(moods: frozenset[str]) -> tuple[str, str, str, str]:
    if "failure" in moods:
        return "INVALID", "", "", "X"
    if "power" in moods:
        return "1.25", "10^5^copies/mL", "", "F"
    return ("ValueNotSet", "", "Negative", "F") if "elsewhere" in moods else ("Negative", "", "N", "F")


def astm_message(specimens: Sequence[str], moods: frozenset[str] = frozenset(), *, name: str = "SIMCHEM") -> bytes:
    """A message of ASTM records: one order with one result for each specimen."""
    at = _clock_on_the_wall()
    lines = [f"H|\\^&|||{name}^1.0|||||||{'Q' if 'control' in moods else 'P'}|1|{at}"]
    code, failed = "ZZ999" if "unknown_test" in moods else "GLU", "failure" in moods
    for number, specimen in enumerate(specimens, start=1):
        order = ["O", "1", specimen, "", f"^^^{code}", "R", *[""] * 5, "N", *[""] * 13, "X" if failed else "F"]
        lines += [f"P|{number}", "|".join(order)]
        lines += ["C|1|I|clot detected|G"] if failed else [f"R|1|^^^{code}|5.9|mmol/L||N||F||||{at}"]
    return ("\r".join([*lines, "L|1|N"]) + "\r").encode()


def astm_query(specimen: str, *, name: str = "SIMCHEM") -> bytes:
    """A question: what is to be done with this specimen?"""
    return f"H|\\^&|||{name}^1.0|||||||P|1\rQ|1|^{specimen}||ALL||||||||O\rL|1|N\r".encode()


def hl7_query(specimen: str, *, name: str = "SIMPCR") -> bytes:
    """QBP^Q11 for one specimen (IHE LAB-27)."""
    header = ["MSH", "|", "^~\\&", name, "LAB", "", "", "", "", "QBP^Q11^QBP_Q11", "7", "P", "2.5.1"]
    return hl7.encode([header, ["QPD", "WOS^Work Order Step^IHE_LABTF", "tag1", hl7.escape(specimen)], ["RCP", "I"]])


# --- how it comes ------------------------------------------------------------------------------------------------
def mllp_writes(messages: Sequence[bytes], moods: frozenset[str] = frozenset()) -> list[bytes]:
    """The writes of MLLP messages in these moods."""
    blocks = []
    for content in messages:
        block = mllp.frame(content)[1:] if "no_vt" in moods else mllp.frame(content)
        blocks.append(b"\x00" * 3 + block if "nuls" in moods else block)
    if "late_cr" in moods:
        blocks = [(b"\r" if number else b"") + block[:-1] for number, block in enumerate(blocks)]
    stream = b"".join(blocks)
    if "crumbs" in moods:
        size = max(1, len(stream) // 600)
        return [stream[start : start + size] for start in range(0, len(stream), size)]
    return [stream] if "together" in moods else blocks


async def send_mllp(
    host: str, port: int, messages: Sequence[bytes], moods: frozenset[str] = frozenset()
) -> list[hl7.Message]:
    """Send messages over one connection and return the answers, one for each message unless the sender is deaf."""
    if "cut" in moods:
        _, writer = await asyncio.open_connection(host, port)
        writer.write(mllp.frame(messages[0])[: len(messages[0]) // 2])
        await hang_up(writer)
    wanted = [*messages, *(messages if "resend" in moods else ())]
    reader, writer = await asyncio.open_connection(host, port)
    answers: list[hl7.Message] = []
    deframer = mllp.Deframer()
    try:
        for write in mllp_writes(wanted, moods):
            writer.write(write)
            await writer.drain()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "deaf" not in moods and len(answers) < len(wanted):
                data = await reader.read(65536)
                if not data:
                    break
                answers += [hl7.parse(block.content) for block in deframer.feed(data) if block.commit is None]
    finally:
        await hang_up(writer)
    return answers


class AstmLine:
    """The instrument's end of an ASTM line: sends with its moods, and can be sent to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.replies = bytearray()

    async def send(self, payload: bytes, moods: frozenset[str] = frozenset()) -> bool:
        """Send one message; whether every frame was acknowledged."""
        if "keep_alive" in moods:
            await self._write(astm_frames.ENQ + astm_frames.EOT, moods)
            await self._reply()
        size = 7 if "short_frames" in moods else astm_frames.LONG_TEXT if "whole_frame" in moods else astm_frames.TEXT
        frames = astm_frames.frames(payload, size=size, whole="whole_frame" in moods)
        if moods & {"together", "deaf"}:
            await self._write(astm_frames.ENQ + b"".join(frames) + astm_frames.EOT, moods)
            while "deaf" not in moods and self.replies.count(astm_frames.ACK) < len(frames) + 1:
                await self._reply()
            return True
        if "cut" in moods:
            await self._write(astm_frames.ENQ + frames[0] + frames[1][:3], moods)
            return False
        return await self._talk(Sender(frames, side="instrument"), spoilt(frames, moods), moods)

    async def _talk(self, sender: Sender, wrong: dict[bytes, bytes], moods: frozenset[str]) -> bool:
        """Send frame by frame; `wrong` is what goes out in place of a frame the first time."""
        if "contention" in moods:
            await self._reply()  # the host's ENQ
        steps = sender.start(time.monotonic())
        while True:
            for step in steps:
                if isinstance(step, Send):
                    await self._write(wrong.pop(step.data, step.data), moods)
                    if "repeat_frame" in moods and step.data.startswith(astm_frames.STX + b"2"):
                        await self._reply()  # as if this acknowledgement had been lost
                        await self._write(step.data, moods)
                elif isinstance(step, Done | Failed):
                    return isinstance(step, Done)
            reply = await self._reply()
            steps = [] if reply == astm_frames.ENQ else sender.feed(reply, time.monotonic())

    async def receive(self) -> bytes:
        """What is downloaded to this instrument: acknowledged frame by frame, until EOT."""
        receiver, got, begun = Receiver(), b"", False
        while not begun or receiver.in_session:
            for step in receiver.feed(await self._reply()):
                begun = True
                got = step.payload if isinstance(step, Keep) else got
                await self._write(step.reply if isinstance(step, Keep) else step.data, frozenset())
        return got

    async def _reply(self) -> bytes:
        async with asyncio.timeout(PATIENCE_SECONDS):
            data = await self._reader.read(1)
        if not data:
            raise ConnectionResetError
        self.replies += data
        return data

    async def _write(self, data: bytes, moods: frozenset[str]) -> None:
        pieces = [data[place : place + 1] for place in range(len(data))] if "crumbs" in moods else [data]
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()

    async def close(self) -> None:
        """Hang up."""
        await hang_up(self._writer)


def spoilt(frames: list[bytes], moods: frozenset[str]) -> dict[bytes, bytes]:
    """What goes out in place of a frame at first: refused, it is sent again rightly."""
    second = frames[min(1, len(frames) - 1)]
    if "wrong_checksum" in moods:
        return {second: second[:-4] + b"~~\r\n"}
    return {second: frames[-1]} if "missing_frame" in moods else {}


async def send_astm(host: str, port: int, messages: Sequence[bytes], moods: frozenset[str] = frozenset()) -> bool:
    """Send messages over one connection, each in a session of its own; whether all were acknowledged."""
    if "cut" in moods:
        line = AstmLine(*await asyncio.open_connection(host, port))
        await line.send(messages[0], moods)
        await line.close()
    line = AstmLine(*await asyncio.open_connection(host, port))
    try:
        wanted = [*messages, *(messages if "resend" in moods else ())]
        return all([await line.send(message, moods - {"cut"}) for message in wanted])
    finally:
        await line.close()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a line, whatever the other side thinks of it."""
    writer.close()
    with contextlib.suppress(ConnectionError, OSError):
        await writer.wait_closed()
