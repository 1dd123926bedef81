"""How the set-up talks: one line per step, its time, and one clear sentence when it cannot go on."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"


class Stop(Exception):
    """The set-up cannot go on; the message says why and what to do."""


def line(text: str) -> None:
    """Print one line at once, also into a pipe."""
    print(text, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print what begins, and how long it took."""
    started = time.monotonic()
    line(f"• {text} …")
    yield
    line(f"  done in {time.monotonic() - started:.0f} s")


def run(command: Sequence[str | Path], *, why: str, folder: Path = ROOT, **options) -> None:
    """Run a program with its output shown.

    Raises:
        Stop: it ended with an error, or is not there; `why` says what to do then.
    """
    try:
        done = subprocess.run([str(part) for part in command], cwd=folder, check=False, **options)
    except OSError as error:
        raise Stop(f"{command[0]} cannot be started ({error.strerror}). {why}") from error
    if done.returncode:
        raise Stop(f"{Path(command[0]).name} ended with code {done.returncode}. {why}")


def output(command: Sequence[str | Path], **options) -> str:
    """Run a program and return what it prints; nothing where it fails or is missing."""
    try:
        done = subprocess.run(
            [str(part) for part in command], cwd=ROOT, check=False, capture_output=True, text=True, **options
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def passed_on(code: int) -> int:
    """Flush what was printed before another program takes the terminal."""
    sys.stdout.flush()
    return code
