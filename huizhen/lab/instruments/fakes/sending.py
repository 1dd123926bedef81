"""Simulated instruments that send over a stream: a socket or a serial line; as real ones do, also in every way that
bites."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence

from huizhen.lab.instruments.codecs import astm_frames, hl7, mllp
from huizhen.lab.instruments.codecs.astm_receiver import Keep, Receiver, Send
from huizhen.lab.instruments.codecs.astm_sender import Done, Failed, Sender
from huizhen.lab.instruments.fakes.mood import Piece, Strays, played
from huizhen.lab.instruments.fakes.moods import chosen
from huizhen.lab.instruments.fakes.on_the_line import cut
from huizhen.lab.instruments.fakes.saying import CALM

PATIENCE_SECONDS = 15.0
TURNED_DOWN = {astm_frames.ENQ: astm_frames.ACK, b"\n": astm_frames.NAK}  # a frame ends with LF
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Ends]]


def tcp(host: str, port: int) -> Connect:
    """How to reach a server."""
    return lambda: asyncio.open_connection(host, port)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a line, whatever the other side thinks of it."""
    writer.close()
    with contextlib.suppress(ConnectionError, OSError):
        await writer.wait_closed()


async def _break_off(connect: Connect, data: bytes) -> None:
    """Begin, and close the line in the middle."""
    _, writer = await connect()
    writer.write(data)
    await hang_up(writer)


def _twice(messages: Sequence[bytes], moods: frozenset[str]) -> list[bytes]:
    return [*messages, *(messages if "resend" in moods else ())]


# --- MLLP --------------------------------------------------------------------------------------------------------
def mllp_writes(messages: Sequence[bytes], moods: frozenset[str] = CALM) -> list[bytes]:
    """The writes of MLLP messages in these moods."""
    picked = chosen(moods)
    return played(picked, "writes", played(picked, "blocks", [mllp.frame(content) for content in messages]))


async def send_mllp(
    host: str, port: int, messages: Sequence[bytes], moods: frozenset[str] = CALM
) -> list[hl7.Message]:  # fmt: skip
    """Send messages over one connection and return the answers, as many as they ask for; who is deaf waits for none."""
    return await send_mllp_over(tcp(host, port), messages, moods)


async def send_mllp_over(
    connect: Connect, messages: Sequence[bytes], moods: frozenset[str] = CALM
) -> list[hl7.Message]:  # fmt: skip
    """As `send_mllp`, over any line. Raises TimeoutError where an answer does not come."""
    if "cut" in moods:
        await _break_off(connect, mllp.frame(messages[0])[: len(messages[0]) // 2])
    messages = _twice(messages, moods)
    wanted = len(messages) * max((mood.answers for mood in chosen(moods)), default=1)
    reader, writer = await connect()
    try:
        for write in mllp_writes(messages, moods):
            writer.write(write)
            await writer.drain()
        if "deaf" in moods:
            return []
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await _answers(reader, writer, wanted, commits="mllp2" in moods)
    finally:
        await hang_up(writer)


async def _answers(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wanted: int, *, commits: bool
) -> list[hl7.Message]:
    """The answers to what was sent. Where release 2 is spoken, each of ours must have been committed before its answer
    counts, and each answer is committed in turn."""
    answers: list[hl7.Message] = []
    committed, deframer = 0, mllp.Deframer()
    while len(answers) < wanted:
        data = await reader.read(65536)
        if not data:
            break
        for block in deframer.feed(data):
            if block.commit is not None:
                committed += block.commit
            elif not commits or committed > len(answers):
                answers.append(hl7.parse(block.content))
                writer.write(mllp.COMMITTED if commits else b"")
    return answers


# --- ASTM --------------------------------------------------------------------------------------------------------
def astm_frames_of(messages: Sequence[bytes], moods: frozenset[str] = CALM) -> list[bytes]:
    """The frames of one session in these moods: a record in a frame, cut where one is full; numbers begin anew with
    each message, or go on."""
    picked, frames, number = chosen(moods), list[bytes](), 0
    for message in messages:
        records: list[Piece] = [(record, True) for record in astm_frames.RECORD.findall(message) if record]
        number = number if "continued_frames" in moods else 0
        for text, last in played(picked, "pieces", cut(records, astm_frames.TEXT)):
            number += 1
            frames.append(astm_frames.frame(number, text, last=last))
    return played(picked, "frames", frames)


class AstmLine:
    """The instrument's end of an ASTM line: sends with its moods, and can be sent to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.replies = bytearray()

    async def send(self, payload: bytes, moods: frozenset[str] = CALM) -> bool:
        """Send one message in a session of its own; whether every frame was acknowledged."""
        return await self.send_session([payload], moods)

    async def send_session(self, payloads: Sequence[bytes], moods: frozenset[str] = CALM) -> bool:
        """Send messages in one session; whether every frame was acknowledged."""
        if "no_frames" in moods:
            await self._write(b"".join(payloads), moods)
            return True
        frames = astm_frames_of(payloads, moods)
        if moods & {"together", "deaf"}:
            await self._write(astm_frames.ENQ + b"".join(frames) + astm_frames.EOT, moods)
            while "deaf" not in moods and self.replies.count(astm_frames.ACK) < len(frames) + 1:
                await self._reply()
            return True
        if "contention" in moods:
            await self._reply()  # the host's ENQ
        strays: Strays = {}
        for mood in chosen(moods):
            strays |= mood.strays(frames)
        return await self._talk(Sender(frames, side="instrument"), strays, moods)

    async def break_off(self, payload: bytes, moods: frozenset[str] = CALM) -> None:
        """Send the first frame and the beginning of the second."""
        first, second, *_ = astm_frames_of([payload], moods)
        await self._write(astm_frames.ENQ + first + second[:3], moods)

    async def _talk(self, sender: Sender, strays: Strays, moods: frozenset[str]) -> bool:
        """Send frame by frame. What strays goes out before the bytes it belongs to, and its reply changes nothing."""
        steps = sender.start(time.monotonic())
        while True:
            for step in steps:
                if isinstance(step, Send):
                    if stray := strays.pop(step.data, b""):
                        await self._write(stray, moods)
                        await self._reply()
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
                await self._write(step.reply if isinstance(step, Keep) else step.data, CALM)
        return got

    async def turn_down(self, *, is_deaf: bool = False) -> None:
        """Take nothing of what the host sends until it gives up (EOT): every frame is refused; the deaf say nothing."""
        while (byte := await self._reply()) != astm_frames.EOT:
            if not is_deaf and byte in TURNED_DOWN:
                await self._write(TURNED_DOWN[byte], CALM)

    async def _reply(self) -> bytes:
        async with asyncio.timeout(PATIENCE_SECONDS):
            data = await self._reader.read(1)
        if not data:
            raise ConnectionResetError
        self.replies += data
        return data

    async def _write(self, data: bytes, moods: frozenset[str]) -> None:
        for piece in played(chosen(moods), "writes", [data]):
            self._writer.write(piece)
            await self._writer.drain()

    async def close(self) -> None:
        """Hang up."""
        await hang_up(self._writer)


async def send_astm(host: str, port: int, messages: Sequence[bytes], moods: frozenset[str] = CALM) -> bool:
    """Send messages over one connection, each in a session of its own unless a mood wants one for all; whether all
    were acknowledged."""
    return await send_astm_over(tcp(host, port), messages, moods)


async def send_astm_over(connect: Connect, messages: Sequence[bytes], moods: frozenset[str] = CALM) -> bool:
    """As `send_astm`, over any line."""
    if "cut" in moods:
        line = AstmLine(*await connect())
        await line.break_off(messages[0], moods)
        await line.close()
    messages = _twice(messages, moods)
    sessions = [messages] if moods & {"one_session", "continued_frames"} else [[one] for one in messages]
    line = AstmLine(*await connect())
    try:
        held = [await line.send_session(sessions[0], moods)]
        held += [await line.send_session(session, moods - {"contention"}) for session in sessions[1:]]
        return all(held)
    finally:
        await line.close()


# --- text --------------------------------------------------------------------------------------------------------
async def send_text_over(connect: Connect, messages: Sequence[bytes], moods: frozenset[str] = CALM) -> None:
    """Send what a device prints; nobody answers it."""
    if "cut" in moods:
        await _break_off(connect, messages[0][: len(messages[0]) // 2])
    picked = chosen(moods)
    _, writer = await connect()
    for write in played(picked, "writes", played(picked, "blocks", _twice(messages, moods))):
        writer.write(write)
        await writer.drain()
    await hang_up(writer)
