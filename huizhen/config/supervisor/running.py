"""The order of things: database, tables and demonstration, then the processes; at the end everything backwards."""

import asyncio
import contextlib
import signal
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Sequence

from huizhen.config.embedded import Embedded
from huizhen.config.supervisor import database, prepared
from huizhen.config.supervisor.child import Child, Program
from huizhen.config.supervisor.heir import Heir
from huizhen.config.supervisor.printer import Printer
from huizhen.config.trouble import Trouble

UP_WITHIN_SECONDS = 60
LOOK_EVERY_SECONDS = 0.1


class Supervisor:
    """Keeps the processes of one machine.

    `server` is the embedded database or nothing where DATABASE_URL names another; `before` runs once, to its end;
    `programs` are kept running, the pages' first; `look_at` is the address whose first answer means that all is up.
    """

    def __init__(
        self,
        server: Embedded | None,
        before: Program,
        programs: Sequence[Program],
        look_at: str,
        printer: Printer,
        when_up: Callable[[], None],
    ) -> None:
        self.server, self.before, self.programs = server, before, programs
        self.look_at, self.printer, self.when_up = look_at, printer, when_up
        self.children: list[Child] = []
        self.keepers: list[asyncio.Task[None]] = []
        self.database: tuple[Child, asyncio.Task[None]] | None = None
        self.asked_to_stop = asyncio.Event()
        self.heir = Heir()

    async def run(self) -> None:
        """Start everything, stay until a signal, stop everything.

        Raises:
            Trouble: the database or the preparation failed; what was started is stopped again.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.asked_to_stop.set)
        try:
            await self._until_stopped(self._start())
            await self.asked_to_stop.wait()
        finally:
            await self._stop()

    async def _start(self) -> None:
        if self.server is not None:
            self.printer.say("starting the database")
            self.database = await database.bring_up(self.server, self.printer, self.heir)
        first, *others = self.programs
        # Where nothing changed since the last start, the pages do not wait for the check; and they come before all
        # other processes, which would share the processor with them: somebody is looking at the screen.
        current = prepared.is_current(self.server)
        if not current:
            await self._prepare()
        self._keep(first)
        answered = await self._answers()
        if current:
            await self._prepare()
        prepared.note(self.server)
        if answered:
            self.when_up()
        else:
            self.printer.say(f"the pages do not answer yet at {self.look_at}; the lines above may say why")
        for program in others:
            self._keep(program)

    def _keep(self, program: Program) -> None:
        child = Child(program, self.printer, self.heir)
        self.children.append(child)
        self.keepers.append(asyncio.create_task(child.keep()))

    async def _prepare(self) -> None:
        child = Child(self.before, self.printer, self.heir)
        self.children.append(child)
        await child.run_once()
        if child.process is None or child.process.returncode:
            raise Trouble(
                f"The database could not be prepared; the lines of `{self.before.name}` above say why.",
                "Nothing was lost: put it right and start again.",
            )
        self.children.remove(child)

    async def _answers(self) -> bool:
        for _ in range(int(UP_WITHIN_SECONDS / LOOK_EVERY_SECONDS)):
            if await asyncio.to_thread(_answered, self.look_at):
                return True
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        return False

    async def _until_stopped(self, work: Awaitable[None]) -> None:
        """Do the work, but leave it at once when a signal comes."""
        task, stop = asyncio.ensure_future(work), asyncio.create_task(self.asked_to_stop.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        else:
            task.result()

    async def _stop(self) -> None:
        self.printer.say("stopping")
        await asyncio.gather(*(child.stop() for child in self.children))
        await asyncio.gather(*self.keepers)
        if self.database is not None:
            child, keeper = self.database
            await child.stop()
            await keeper
        self.heir.dismiss()
        self.printer.say("stopped")


def _answered(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own address
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
