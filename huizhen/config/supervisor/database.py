"""The embedded database as a supervised process, in the foreground: its death is noticed at once."""

import asyncio
import signal

from huizhen.config import embedded
from huizhen.config.embedded import Embedded
from huizhen.config.supervisor.child import Child, Program
from huizhen.config.supervisor.heir import Heir
from huizhen.config.supervisor.printer import Printer

READY_WITHIN_SECONDS = 60
LOOK_EVERY_SECONDS = 0.05
# Of the server's own lines only these are news; the rest is in its memory of last lines, shown when it fails.
NEWS = ("ERROR", "FATAL", "PANIC", "WARNING")
# A line that every restart of another process causes.
NO_NEWS = ("the database system is starting up", "the database system is shutting down", "terminating connection")


def program(server: Embedded) -> Program:
    """How the server is run and stopped: SIGINT is its fast shutdown."""
    return Program(
        "database",
        embedded.command(server),
        stop_within=60,
        stop_with=signal.SIGINT,
        stops_last=True,
        run_as=run_as(),
        shows=is_news,
    )


def run_as() -> dict:
    """The server's user, and a folder that this user may stand in."""
    return {**embedded.run_as(), "cwd": "/"}


def is_news(line: str) -> bool:
    """Whether a line of the server belongs into the combined log."""
    return any(f" {word}: " in line for word in NEWS) and not any(words in line for words in NO_NEWS)


async def bring_up(server: Embedded, printer: Printer, heir: Heir) -> tuple[Child, asyncio.Task[None]]:
    """Start the server and wait until it answers; the task keeps it running from then on.

    Raises:
        DatabaseTrouble: it ended while starting, with its own words.
    """
    with embedded.prepared(server):
        if embedded.is_running(server):
            printer.say("a database server was left running here; taking it over")
            embedded.stop(server)
        child = Child(program(server), printer, heir)
        keeper = asyncio.create_task(child.keep())
        for _ in range(int(READY_WITHIN_SECONDS / LOOK_EVERY_SECONDS)):
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            if child.failures:
                break
            if embedded.is_ready(server):
                embedded.create_database(server)
                return child, keeper
    await child.stop()
    await keeper
    raise embedded.does_not_start(server, "\n".join(child.last_lines))
