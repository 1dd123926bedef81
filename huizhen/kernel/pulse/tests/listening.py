"""A listener in a thread of its own, as the live process would be, that keeps what it hears."""

import asyncio
import threading
import time
from collections.abc import Callable

from huizhen.kernel.pulse import EVERYTHING, Pulse, listen

PATIENCE_SECONDS = 20


class Ear:
    """`with Ear() as ear:` listens; `heard` grows."""

    def __init__(self) -> None:
        self.heard: list[Pulse] = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Ear":
        self.thread.start()
        wait_until(lambda: EVERYTHING in self.heard)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.task.cancel)
        self.thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        async def keep() -> None:
            async for pulse in listen():
                self.heard.append(pulse)

        self.task = self.loop.create_task(keep())
        try:
            self.loop.run_until_complete(self.task)
        except asyncio.CancelledError:
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for something another thread or process does."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)
