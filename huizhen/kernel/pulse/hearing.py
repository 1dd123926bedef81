"""Hearing pulses in the live process. It runs for days, so it outlives restarts of the database and of NATS."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import structlog
from django.conf import settings
from django.db import connections

from huizhen.kernel.late import Late
from huizhen.kernel.pulse.bus import EVERYTHING, TOPIC, Pulse, decode

asyncpg: Any = Late("asyncpg")
nats: Any = Late("nats")

FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
CHECK_EVERY = 15.0
BACKLOG = 100_000

log = structlog.get_logger(__name__)


async def listen() -> AsyncIterator[Pulse]:
    """Yield every pulse from now on, for ever.

    Begins with EVERYTHING, and yields it again after each interruption and overflow, since pulses may be missing.
    """
    wait = FIRST_WAIT
    while True:
        queue: asyncio.Queue[Pulse | None] = asyncio.Queue(BACKLOG)
        try:
            async with _Source(queue):
                wait = FIRST_WAIT
                yield EVERYTHING
                while (pulse := await queue.get()) is not None:
                    yield pulse
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, nats.errors.Error) as error:
            log.warning("pulse.deaf", error=type(error).__name__, wait=wait)
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)


class _Source:
    """An open subscription that fills the queue; `None` in the queue says it broke."""

    def __init__(self, queue: "asyncio.Queue[Pulse | None]") -> None:
        self.queue = queue
        self.connection: Any = None
        self.watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "_Source":
        if settings.NATS_URL:
            await self._open_nats()
        else:
            await self._open_postgres()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.watch:
            self.watch.cancel()
        if isinstance(self.connection, asyncpg.Connection):
            self.connection.terminate()
        elif self.connection:
            await self.connection.close()

    async def _open_postgres(self) -> None:
        self.connection = await asyncpg.connect(**database_address(), timeout=5)
        self.connection.add_termination_listener(lambda _: self._put(None))
        await self.connection.add_listener(TOPIC, lambda _connection, _pid, _channel, text: self._hear(text))
        self.watch = asyncio.create_task(self._watch_postgres())

    async def _watch_postgres(self) -> None:
        """A dead peer on a silent connection is noticed only by asking."""
        while True:
            await asyncio.sleep(CHECK_EVERY)
            try:
                await self.connection.execute("SELECT 1", timeout=5)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self._put(None)
                return

    async def _open_nats(self) -> None:
        async def broke() -> None:
            self._put(None)

        async def hear(message: Any) -> None:
            self._hear(message.data)

        self.connection = await nats.connect(
            settings.NATS_URL, connect_timeout=2, allow_reconnect=False,
            disconnected_cb=broke, closed_cb=broke, error_cb=_say,
        )  # fmt: skip
        await self.connection.subscribe(TOPIC, cb=hear)
        await self.connection.flush()

    def _hear(self, text: str | bytes) -> None:
        if pulse := decode(text):
            self._put(pulse)

    def _put(self, pulse: Pulse | None) -> None:
        if self.queue.full():
            # Nothing is lost by forgetting the backlog: EVERYTHING makes all clients ask from their cursors.
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(EVERYTHING)
        self.queue.put_nowait(pulse)


async def _say(error: Exception) -> None:
    log.warning("pulse.bus_trouble", error=type(error).__name__)


def database_address() -> dict[str, Any]:
    """Django's database settings in asyncpg's words. LISTEN needs a session: not through a transaction pooler."""
    held = connections["default"].settings_dict
    address = {
        "host": held["HOST"] or None,
        "port": int(held["PORT"]) if held["PORT"] else None,
        "user": held["USER"] or None,
        "password": held["PASSWORD"] or None,
        "database": held["NAME"],
        "ssl": held["OPTIONS"].get("sslmode"),
    }
    return {name: value for name, value in address.items() if value is not None}
