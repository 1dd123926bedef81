"""A process that gives its memory back: grown, and with nothing to do, it ends, and whoever keeps it starts it anew.

What printing a report or cutting Chinese words has taken stays with a Python process: libraries, dictionaries, heaps
with holes. Ending between two jobs loses nothing, for a job that waits is a row.
"""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

MOST_GROWN = 40_000_000  # bytes
# Jobs that look whether there is anything to do come by every few seconds; they are no work.
WORTH_SECONDS, CALM_SECONDS, LOOK_EVERY_SECONDS = 0.5, 15.0, 5.0
PAGE = os.sysconf("SC_PAGE_SIZE")

log = structlog.get_logger(__name__)


@dataclass
class Work:
    """How many jobs are under way, and when the last one that was real work has ended (monotonic seconds)."""

    under_way: int = 0
    ended_at: float = float("-inf")

    def begin(self) -> float:
        """A job begins; returns when."""
        self.under_way += 1
        return time.monotonic()

    def end(self, began: float) -> float:
        """It has ended; returns the seconds it took."""
        now = time.monotonic()
        self.under_way -= 1
        if now - began > WORTH_SECONDS:
            self.ended_at = now
        return now - began

    def is_calm(self) -> bool:
        """Whether nothing is under way, and nothing was for a while."""
        return not self.under_way and time.monotonic() - self.ended_at > CALM_SECONDS


def resident() -> int:
    """Bytes of memory this process holds now; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0


async def end_when_grown(work: Work, *, most: int = MOST_GROWN) -> None:
    """Ask this process to end in order (SIGTERM) once it is calm and has grown by more than `most` bytes since now."""
    at_first = resident()
    while resident() - at_first <= most or not work.is_calm():
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    log.info("grown, and nothing to do: giving the memory back", size=resident())
    os.kill(os.getpid(), signal.SIGTERM)
