"""One supervised process: started in a group of its own, its lines printed, started again when it dies."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from huizhen.config.supervisor import backoff
from huizhen.config.supervisor.heir import Heir, Ward
from huizhen.config.supervisor.printer import Printer

LINE_LIMIT = 1024 * 1024
LAST_LINES_WITHIN_SECONDS = 2


@dataclass(frozen=True)
class Program:
    """What to run. `stop_with` asks it to end, `stop_within` (seconds) is how long it may take before it is killed.

    `stops_last`: others need it until their own end.
    """

    name: str
    command: Sequence[str]
    stop_within: float = 15
    stop_with: signal.Signals = signal.SIGTERM
    stops_last: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)
    run_as: Mapping[str, Any] = field(default_factory=dict)
    shows: Callable[[str], bool] = lambda line: True


class Child:
    """A program and the process that runs it now."""

    def __init__(self, program: Program, printer: Printer, heir: Heir) -> None:
        self.program, self.printer, self.heir = program, printer, heir
        self.process: asyncio.subprocess.Process | None = None
        self.failures = 0
        self.last_lines: list[str] = []
        self._wake = asyncio.Event()

    async def keep(self) -> None:
        """Run the program for ever: start, wait, say how it ended, wait a little longer each time, start again."""
        loop = asyncio.get_running_loop()
        while not self._wake.is_set():
            started = loop.time()
            ending = await self.run_once()
            if self._wake.is_set():
                return
            self.failures = backoff.next_failures(self.failures, loop.time() - started)
            wait = backoff.wait_before(self.failures)
            self.printer.say(f"{self.program.name} {ending}; starting it again in {wait:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)

    async def run_once(self) -> str:
        """Run the program until it ends, take what is left of its group along, and say how it ended."""
        try:
            process, lines = await self._spawn()
        except OSError as error:
            return f"cannot be started ({error.strerror})"
        self.process = process
        self.heir.take(Ward(process.pid, self.program.stop_with, self.program.stops_last))
        printing = asyncio.create_task(self._print(lines))
        await process.wait()
        # What it started may hold the pipe open and the port too.
        self.signal_group(signal.SIGKILL)
        self.heir.forget(process.pid)
        await asyncio.wait({printing}, timeout=LAST_LINES_WITHIN_SECONDS)
        printing.cancel()
        return describe(process.returncode)

    async def stop(self) -> None:
        """Ask the program to end, wait, and end it by force if it does not."""
        self._wake.set()
        process = self.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(self.program.stop_with)
        try:
            await asyncio.wait_for(process.wait(), self.program.stop_within)
        except TimeoutError:
            self.printer.say(f"{self.program.name} does not stop; ending it by force")
            self.signal_group(signal.SIGKILL)
            await process.wait()

    def signal_group(self, number: signal.Signals) -> None:
        """Signal the process and whatever it started; nothing where they are gone."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    async def _spawn(self) -> tuple[asyncio.subprocess.Process, asyncio.StreamReader]:
        """Start the program with a pipe of ours: asyncio's own would wait for whoever else holds it open."""
        ours, theirs = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self.program.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                env={**os.environ, **self.program.environ},
                start_new_session=True,
                **self.program.run_as,
            )
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        lines = asyncio.StreamReader(limit=LINE_LIMIT)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(ours, "rb", buffering=0)
        )
        return process, lines

    async def _print(self, lines: asyncio.StreamReader) -> None:
        while True:
            try:
                raw = await lines.readline()
            except ValueError:  # a line of more than a megabyte: its beginning was dropped
                continue
            if not raw:
                return
            text = raw.decode(errors="replace").rstrip()
            self.last_lines = [*self.last_lines[-7:], text]
            if self.program.shows(text):
                self.printer.line(self.program.name, text)


def describe(code: int | None) -> str:
    """An exit code in words."""
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
