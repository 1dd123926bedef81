"""`huizhen intake`: listens, dials, opens serial lines, watches folders, as the table of instruments says."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from prometheus_client import start_http_server

from huizhen.kernel import clock
from huizhen.lab.instruments import actions, asking
from huizhen.lab.instruments.intake import serial_line
from huizhen.lab.instruments.intake.desk import Desk
from huizhen.lab.instruments.intake.folders import Found, Watch, written_name
from huizhen.lab.instruments.intake.lines import Line
from huizhen.lab.instruments.intake.senders import Known
from huizhen.lab.instruments.intake.steps import Sent, Take
from huizhen.lab.instruments.models import Link, LinkState
from huizhen.lab.instruments.received import LONGEST_PEER, NotKept

FOLLOW_SECONDS = 5.0
LOOK_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
STOP_WITHIN_SECONDS = 10.0

log = structlog.get_logger(__name__)


def run() -> None:
    """Keep what instruments send until told to stop; what is being stored is stored and acknowledged first."""
    os.environ.setdefault("HUIZHEN_PROCESS", "intake")
    if settings.INTAKE_METRICS_PORT:
        start_http_server(settings.INTAKE_METRICS_PORT, addr=settings.BIND)
    asyncio.run(Intake().run())


class Broken(RuntimeError):
    """A part without which nothing is kept has ended: the process ends too, and whoever watches it starts it anew."""


class Intake:
    """All lines of this process."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.lines: set[Line] = set()
        self._servers: dict[int, asyncio.Server] = {}
        self._told: tuple[frozenset[UUID], frozenset[UUID]] | None = None  # whose ports are closed, whose are open
        self._own: dict[UUID, tuple[Known, asyncio.Task[None]]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Serve until a signal comes. Raises Broken."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        storing = asyncio.create_task(self.desk.run())
        # Before anybody may speak: who is not known yet would be taken for a stranger.
        await self._learn()
        following = asyncio.create_task(self._follow_always())
        await self._open_ports()
        log.info("intake process ready", port=settings.MLLP_PORT)
        await self._until_told(storing, following)
        broken = [task for task in (storing, following) if task.done()]
        await self._stop(following, storing)
        if broken:
            raise Broken from broken[0].exception()

    async def _until_told(self, *vital: "asyncio.Task[None]") -> None:
        """Wait for the signal; or for the end of a task that must not end."""
        told = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({told, *vital}, return_when=asyncio.FIRST_COMPLETED)
        if not told.done():
            log.critical("intake ends: a part without which nothing is kept has stopped")
            self._stopping.set()
        await told

    async def _stop(self, following: "asyncio.Task[None]", storing: "asyncio.Task[None]") -> None:
        following.cancel()
        for server in self._servers.values():
            server.close()
        tasks = [task for _, task in self._own.values()] + list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN_SECONDS):
                while not self.desk.is_idle:
                    await asyncio.sleep(0.05)
        storing.cancel()
        await self.desk.close()

    # --- listening -------------------------------------------------------------------------------------------------
    async def _open_ports(self) -> None:
        """Listen where instruments are to call. A port that cannot be opened holds up no other, is tried again, and the
        wall shows whose it is."""
        wanted = {settings.MLLP_PORT: "hl7", settings.ASTM_PORT: "astm"}
        callers = [one for one in self.desk.known if one.link == Link.CALLS and one.profile]
        wanted |= {one.port: one.profile.protocol for one in callers if one.port and one.profile}
        closed = {port for port, protocol in wanted.items() if port and not await self._listen(port, protocol)}
        failing = frozenset(one.id for one in callers if _port_of(one) in closed)
        told = (failing, frozenset(one.id for one in callers) - failing)
        if told != self._told:
            await self.desk.ask(lambda: actions.note_ports(*told, at=clock.now()))
            self._told = told

    async def _listen(self, port: int, protocol: str) -> bool:
        """Whether somebody listens on this port now."""
        if port in self._servers:
            return True
        serve = partial(self._serve, protocol, port)
        try:
            self._servers[port] = await asyncio.start_server(serve, settings.INTAKE_BIND, port, backlog=512)
        except (OSError, OverflowError) as error:
            log.error("port cannot be opened", port=port, error=str(error))
            return False
        return True

    async def _serve(
        self, protocol: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, number, *_ = writer.get_extra_info("peername") or ("unknown", 0)
        own = 0 if port in (settings.MLLP_PORT, settings.ASTM_PORT) else port
        line = Line(self.desk, reader, writer, protocol=protocol, peer=f"{host}:{number}", port=own)
        # Cancelled only when the process stops; asyncio would write a traceback for each open line.
        with contextlib.suppress(asyncio.CancelledError):
            await self._run_line(line)

    async def _run_line(self, line: Line) -> None:
        self.lines.add(line)
        task = asyncio.current_task()
        if task:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            await self._note(line.instrument, LinkState.OPEN)
            await line.run()
        finally:
            self.lines.discard(line)
            if not any(other.instrument == line.instrument for other in self.lines):
                await self._note(line.instrument, LinkState.CLOSED)

    async def _learn(self) -> None:
        """Load who is known, as soon as the database answers."""
        while not self._stopping.is_set():
            try:
                await self.desk.load_known()
                break
            except (OperationalError, InterfaceError):
                log.warning("cannot read the table of instruments yet")
                await asyncio.sleep(LOOK_SECONDS)

    # --- following the table -----------------------------------------------------------------------------------------
    async def _follow_always(self) -> None:
        while True:
            try:
                await self._follow()
            except Exception:
                log.warning("cannot follow the table of instruments", exc_info=True)
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _follow(self) -> None:
        """Open what was registered, close what was taken out of use or changed."""
        await self.desk.load_known()
        wanted = {one.id: one for one in self.desk.known if one.link != Link.CALLS}
        for key, (one, task) in list(self._own.items()):
            if wanted.get(key) != one:
                task.cancel()
                del self._own[key]
        for key, one in wanted.items():
            if key not in self._own:
                self._own[key] = (one, asyncio.create_task(self._again_and_again(one)))
        await self._open_ports()
        await self._send_orders()

    async def _send_orders(self) -> None:
        """Send waiting orders, and questions for results, over the lines that are open."""
        lines = {line.instrument.id: line for line in self.lines if line.instrument and line.instrument.profile}
        for download in await self.desk.downloads([line.instrument for line in lines.values() if line.instrument]):
            line = lines[download.instrument_id]
            if line.instrument:
                await self._send(line, str(download.id), self.desk.write_download(download, line.instrument))
        for request in await self.desk.requests([line.instrument for line in lines.values() if line.instrument]):
            line = lines[request.instrument_id]
            if line.instrument:
                name = f"{asking.MARK}{request.id}"
                await self._send(line, name, self.desk.write_request(request, line.instrument))

    async def _send(self, line: Line, name: str, writing: Awaitable[bytes]) -> None:
        """Send one message. One that cannot be sent holds up no other."""
        try:
            if payload := await writing:
                await line.download(name, payload)
        except OSError as error:  # the line is broken: its end says what did not arrive
            log.info("line broken while sending", kind=name, error=str(error))
        except Exception:
            log.exception("message for an instrument cannot be sent", kind=name)
            await self.desk.note_sent(Sent(name, False))

    async def _again_and_again(self, one: Known) -> None:
        """Keep a line of our own alive, waiting longer after each failure."""
        work: dict[str, Callable[[Known], Awaitable[None]]] = {
            Link.CALLED: self._dial, Link.SERIAL: self._serial, Link.FOLDER: self._watch
        }  # fmt: skip
        pause, said = 1.0, ""
        while True:
            begun = time.monotonic()
            try:
                await work[one.link](one)
                said = ""
            except (OSError, ValueError) as error:
                if str(error) != said:  # once, and again when it is another reason: the page shows that it lasts
                    log.warning("line cannot be opened; tried again and again", subject=str(one.id), error=str(error))
                said = str(error)
                await self._note(one, LinkState.FAILING)
            except Exception:  # a fault of ours: the line is tried again all the same
                log.exception("line has failed", subject=str(one.id))
                await self._note(one, LinkState.FAILING)
            pause = 1.0 if time.monotonic() - begun > LONGEST_PAUSE_SECONDS else min(pause * 2, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)

    async def _dial(self, one: Known) -> None:
        host, _, port = one.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        await self._run_line(self._fixed(one, reader, writer))

    async def _serial(self, one: Known) -> None:
        reader, writer = await serial_line.connect(one.address)
        await self._run_line(self._fixed(one, reader, writer))

    def _fixed(self, one: Known, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Line:
        protocol = one.profile.protocol if one.profile else "astm"
        return Line(self.desk, reader, writer, protocol=protocol, peer=one.address, fixed=one)

    async def _watch(self, one: Known) -> None:
        ends_open = bool(one.profile and one.profile.sheet.get("ends_open"))
        watch = Watch(Path(one.address), ends_open=ends_open)
        await self._note(one, LinkState.OPEN)
        while True:
            for found in await asyncio.to_thread(lambda: list(watch.look(time.monotonic()))):
                await self._take_file(one, watch, found)
            await asyncio.sleep(LOOK_SECONDS)

    async def _take_file(self, one: Known, watch: Watch, found: Found) -> None:
        """Store a file. One that cannot be stored holds up no other."""
        take, name = Take(found.content, found.faults), written_name(found.path)[:LONGEST_PEER]
        try:
            await self.desk.keep(take, one, protocol="sheet", host=one.address, peer=name)
        except NotKept:
            log.error("a file is not stored; it is tried again", subject=str(one.id), size=len(found.content))
            watch.put_off(found, time.monotonic())
        else:
            watch.took(found)

    async def _note(self, one: Known | None, state: str) -> None:
        """Note what became of a line. Where the database is away nothing is noted: the line matters more."""
        if one is None or self._stopping.is_set():
            return
        try:
            await self.desk.ask(lambda: actions.note_link(one.id, state, at=clock.now()))
        except (OperationalError, InterfaceError) as error:
            log.warning("state of a line not noted", subject=str(one.id), error=str(error).splitlines()[0])


def _port_of(one: Known) -> int:
    """Where an instrument calls: on a port of its own, or on that of its protocol."""
    return int(
        one.port or (settings.MLLP_PORT if one.profile and one.profile.protocol == "hl7" else settings.ASTM_PORT)
    )
