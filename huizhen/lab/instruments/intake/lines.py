"""Lines with a socket or a serial port at their end: reads bytes, asks the talk what to do, and does it in order."""

import asyncio
import contextlib
import time
from collections.abc import Iterable

import structlog

from huizhen.kernel import clock
from huizhen.lab.instruments.codecs.astm_receiver import Send
from huizhen.lab.instruments.intake.desk import ANSWER, CONNECTIONS, Desk
from huizhen.lab.instruments.intake.senders import Known
from huizhen.lab.instruments.intake.steps import Sent, Step, Take, Talk
from huizhen.lab.instruments.intake.talks import talk_for
from huizhen.lab.instruments.received import NotKept

READ = 64 * 1024
TICK_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Line:
    """One open connection. `fixed` where the line itself says whose it is: a serial port, a connection we made."""

    def __init__(
        self, desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, protocol: str, peer: str,
        port: int = 0, fixed: Known | None = None,
    ) -> None:  # fmt: skip
        self._desk, self._reader, self._writer = desk, reader, writer
        self._peer, self._port, self._fixed = peer, port, fixed
        self._host = peer.rsplit(":", 1)[0]
        self.instrument = fixed or desk.caller(b"", host=self._host, port=port)
        self.talk: Talk = talk_for(self.instrument.profile if self.instrument else None, protocol)

    async def run(self) -> None:
        """Serve the line until the other side closes it."""
        CONNECTIONS.inc()
        try:
            while True:
                data = await self._read()
                if data is None:
                    await self._do(self.talk.tick(time.monotonic()))
                elif data:
                    await self._do(self.talk.feed(data, time.monotonic()))
                else:
                    break
        except (ConnectionError, OSError) as error:
            log.info("line broken", port=self._port, error=str(error))
        except NotKept:
            log.error("line closed: what it sent is not stored, so its sender has to begin anew", port=self._port)
        finally:
            CONNECTIONS.dec()
            await self._end()

    async def download(self, name: str, payload: bytes) -> None:
        """Send the instrument a message when its line is free."""
        await self._do(self.talk.download(name, payload, time.monotonic()))

    async def _read(self) -> bytes | None:
        """Bytes; nothing at all at the end; `None` when a second passed without any."""
        try:
            async with asyncio.timeout(TICK_SECONDS):
                return await self._reader.read(READ)
        except TimeoutError:
            return None

    async def _end(self) -> None:
        """Keep what is left of an unfinished message. Nobody is there to be told."""
        try:
            for step in self.talk.close():
                if isinstance(step, Take):
                    await self._keep(step)
                elif isinstance(step, Sent):
                    await self._note(step)
        except NotKept:
            log.error("what was left on a line that ended is not stored", port=self._port)
        finally:
            self._writer.close()
            with contextlib.suppress(ConnectionError, OSError):
                await self._writer.wait_closed()

    async def _do(self, steps: Iterable[Step]) -> None:
        """Everything is begun at once, so that messages of one read share a commit; what is said stays in order."""
        begun = [(step, asyncio.ensure_future(self._keep(step)) if isinstance(step, Take) else None) for step in steps]
        for step, keeping in begun:
            if isinstance(step, Send):
                self._writer.write(step.data)
            elif isinstance(step, Take) and keeping:
                await keeping
                self._writer.write(step.reply(clock.now()))
                await self._answer(step)
            elif isinstance(step, Sent):
                await self._note(step)
        if begun:
            await self._writer.drain()

    async def _note(self, sent: Sent) -> None:
        await self._desk.note_sent(sent)
        state = "arrived" if sent.arrived else "refused" if sent.refused else "lost"
        log.info("download", kind=sent.name, state=state)

    async def _keep(self, take: Take) -> None:
        instrument = self._fixed or self._desk.caller(take.payload, host=self._host, port=self._port)
        if take.answers:  # whoever got our orders, whatever it calls itself in its answer
            instrument = instrument or self.instrument
        if instrument and instrument.profile and instrument != self.instrument:
            self.talk.know(instrument.profile)
        self.instrument = instrument or self.instrument
        await self._desk.keep(
            take, instrument, protocol=self.talk.protocol, host=self._host, peer=self._peer
        )  # fmt: skip

    async def _answer(self, take: Take) -> None:
        if take.question is None:
            return
        found = await self._desk.orders(take.question.specimens, self.instrument)
        await self._do(self.talk.download(ANSWER, take.answer(found, clock.now()), time.monotonic()))
