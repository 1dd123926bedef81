"""Who stops what a killed supervisor leaves running: a small process that outlives it and does nothing else.

It reads from a pipe what was started and what has ended. When the pipe closes, the supervisor is gone: it asks what is
left to stop as the supervisor would have, the database last, and ends by force what does not stop. It is run as a file
by a bare Python, so it imports nothing of the house.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, cast

LOOK_EVERY_SECONDS = 0.1
# A whole supervisor is gone: nobody watches a slow end. What is killed here is whole again at the next start.
STOP_WITHIN_SECONDS = 10.0


@dataclass(frozen=True)
class Ward:
    """A process that leads a group of its own: the signal that asks it to stop, and whether it stops after the rest."""

    pid: int
    stop_with: int
    stops_last: bool

    def write(self) -> str:
        """The line that tells the heir of it."""
        return f"+ {self.pid} {self.stop_with} {int(self.stops_last)}\n"


class Heir:
    """The supervisor's end of the pipe. With no heir process (it was killed too) everything else goes on."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, text=True, start_new_session=True
        )
        self.pipe = cast(IO[str], self.process.stdin)

    def take(self, ward: Ward) -> None:
        """Tell it what was started."""
        self._tell(ward.write())

    def forget(self, pid: int) -> None:
        """Tell it what has ended: its number may soon be somebody else's."""
        self._tell(f"- {pid}\n")

    def dismiss(self) -> None:
        """All is stopped: it ends."""
        with contextlib.suppress(BrokenPipeError):
            self.pipe.close()
        self.process.wait()

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.pipe.write(line)
            self.pipe.flush()


def listen(lines: Iterable[str]) -> list[Ward]:
    """What still runs when the lines end, in the order in which it was started."""
    wards: dict[int, Ward] = {}
    for line in lines:
        sign, pid, *rest = line.split()
        if sign == "+":
            wards[int(pid)] = Ward(int(pid), int(rest[0]), rest[1] == "1")
        else:
            wards.pop(int(pid), None)
    return list(wards.values())


def stop(wards: list[Ward], within: float) -> None:
    """Ask them all to stop and end by force, group and all, what still runs after `within` seconds."""
    for ward in wards:
        with contextlib.suppress(ProcessLookupError):
            os.kill(ward.pid, ward.stop_with)
    ends = time.monotonic() + within
    while any(map(_runs, wards)) and time.monotonic() < ends:
        time.sleep(LOOK_EVERY_SECONDS)
    for ward in wards:
        # The leader may be gone and what it started not.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(ward.pid, signal.SIGKILL)


def _runs(ward: Ward) -> bool:
    try:
        os.kill(ward.pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    """Wait for the supervisor's end, then do what it can no longer do."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    left = listen(sys.stdin)
    stop([ward for ward in left if not ward.stops_last], STOP_WITHIN_SECONDS)
    stop([ward for ward in left if ward.stops_last], STOP_WITHIN_SECONDS)


if __name__ == "__main__":
    main()
