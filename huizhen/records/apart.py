"""Strangers' files are opened in a process of its own: a broken picture or a full memory takes down nothing else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import huizhen

ROOT = Path(huizhen.__file__).parents[1]
DAMAGED = 3  # the exit code of a process that cannot open the file
# Keys and passwords stay at home.
PASSED_ON = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")


class Unreadable(Exception):
    """The file cannot be worked on; the argument is the code of the reason: `damaged`, `too_slow`, `died`."""


class Died(Unreadable):
    """The process was killed or fell over; asking again may help. `signal`: which one ended it, 0 for none."""

    def __init__(self, number: int = 0) -> None:
        super().__init__("died")
        self.signal = number


def have_done(module: str, *arguments: str, given: bytes, limit: int) -> bytes:
    """What a module of ours writes to standard output as a process of its own. Nothing touches a disk.

    `given` is its standard input, `limit` in seconds. Raises Unreadable, and Died where it is worth another try.
    """
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=limit, env=kept, cwd=ROOT, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Unreadable("too_slow") from error
    if done.returncode < 0 or done.returncode == 128 + signal.SIGKILL:
        raise Died(abs(done.returncode))
    if done.returncode:
        raise Unreadable("damaged") if done.returncode == DAMAGED else Died()
    return done.stdout
