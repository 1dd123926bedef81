"""The NATS side of sending: one connection per process, kept by a thread of its own, because web workers are not async.

`publish` never waits for the bus and never fails: a pulse is a hint, and a request must not hang on a hint.
"""

import asyncio
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from django.conf import settings

from huizhen.kernel.late import Late
from huizhen.kernel.pulse.bus import TOPIC

nats: Any = Late("nats")

QUEUE = 10_000
CONNECT_SECONDS = 2

log = structlog.get_logger(__name__)


class Publisher:
    """Takes payloads from any thread and hands them to NATS; drops the newest when the queue is full."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.loop = asyncio.new_event_loop()
        self.queue: asyncio.Queue[str] = asyncio.Queue(QUEUE)
        self.closing = False
        self.forwarding = self.loop.create_task(self._forward())
        self.thread = threading.Thread(target=self._run, name="pulse-nats", daemon=True)
        self.thread.start()

    def put(self, payloads: Sequence[str]) -> None:
        """Queue payloads without waiting."""
        self.loop.call_soon_threadsafe(self._enqueue, list(payloads))

    def close(self) -> None:
        """Let go of the bus."""
        self.loop.call_soon_threadsafe(self._end)
        self.thread.join()

    def _end(self) -> None:
        # To cancel is not enough: up to Python 3.11 `asyncio.wait_for`, which the client waits with, may swallow it.
        self.closing = True
        self.forwarding.cancel()

    def _enqueue(self, payloads: list[str]) -> None:
        for payload in payloads:
            if self.queue.full():
                log.warning("pulse.dropped", reason="queue full")
                return
            self.queue.put_nowait(payload)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        with suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self.forwarding)
        self.loop.close()

    async def _forward(self) -> None:
        client: Any = None
        try:
            while not self.closing:
                payload = await self.queue.get()
                try:
                    client = client or await nats.connect(
                        self.url, connect_timeout=CONNECT_SECONDS, max_reconnect_attempts=-1, error_cb=_say
                    )
                    await client.publish(TOPIC, payload.encode())
                    await client.flush(CONNECT_SECONDS)
                except (nats.errors.Error, OSError, TimeoutError) as error:
                    log.warning("pulse.lost", error=type(error).__name__)
        finally:
            if client:
                await client.close()


async def _say(error: Exception) -> None:
    log.warning("pulse.bus_trouble", error=type(error).__name__)


_publishers: dict[tuple[int, str], Publisher] = {}
_lock = threading.Lock()


def publish(payloads: Sequence[str]) -> None:
    """Publish after commit. A forked worker gets its own connection: threads do not survive a fork."""
    key = (os.getpid(), settings.NATS_URL)
    with _lock:
        if key not in _publishers:
            _publishers[key] = Publisher(settings.NATS_URL)
    _publishers[key].put(payloads)


def close() -> None:
    """Let go of the bus, in a process that ends or publishes no more."""
    with _lock:
        for publisher in _publishers.values():
            publisher.close()
        _publishers.clear()
