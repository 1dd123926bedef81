"""The commands of the Makefile, each a few steps."""

import os
import sys
from collections.abc import Callable

from . import assets, environment, lock, testing
from .environment import BIN
from .say import ROOT, Stop, line


def main(arguments: list[str]) -> int:
    """Do what was asked; a trouble is one sentence, never a traceback."""
    commands: dict[str, Callable[..., int]] = {
        "run": run,
        "install": install,
        "test": test,
        "check": check,
        "bench": bench,
        "demo-reset": demo_reset,
        "huizhen": huizhen,
        "messages": messages,
        "lock": relock,
    }
    name, *rest = arguments or [""]
    if name not in commands:
        line("Commands: " + ", ".join(commands))
        return 2
    try:
        return commands[name](*rest)
    except Stop as stop:
        line(f"\n✗ {stop}")
        return 1
    except KeyboardInterrupt:
        line("\nStopped. What was done so far is kept; start again to go on.")
        return 130


def run() -> int:
    """Everything, with the demonstration unless the environment says otherwise."""
    environment.ensure(dev=False)
    assets.ensure()
    os.environ.setdefault("HUIZHEN_DEMO", "yes")
    return huizhen("up")


def install() -> int:
    """Everything that `run` sets up, without starting anything: for production."""
    environment.ensure(dev=False)
    assets.ensure()
    return 0


def test() -> int:
    """What CI runs."""
    environment.ensure(dev=True)
    assets.ensure()
    return testing.everything()


def check() -> int:
    """Lint, types and contracts."""
    environment.ensure(dev=True)
    return testing.check()


def bench() -> int:
    """Measured comparisons."""
    environment.ensure(dev=True)
    assets.ensure()
    _become([str(BIN / "python"), "-m", "bench"])
    return 1


def demo_reset() -> int:
    """The demonstration, fresh."""
    environment.ensure(dev=False)
    assets.ensure()
    os.environ.setdefault("HUIZHEN_DEMO", "yes")
    return huizhen("demo", "reset")


def messages() -> int:
    """Compile the translations."""
    environment.ensure(dev=False)
    assets.compile_messages()
    return 0


def relock() -> int:
    """Resolve the dependencies afresh."""
    environment.ensure(dev=True)
    lock.refresh()
    environment.ensure(dev=True)
    return 0


def huizhen(*arguments: str) -> int:
    """Hand over to the program itself."""
    environment.ensure(dev=False)
    if arguments[:1] != ("up",):
        os.environ.setdefault("HUIZHEN_DEMO", "yes")
    _become([str(BIN / "huizhen"), *arguments])
    return 1


def _become(command: list[str]) -> None:
    """Replace this process: signals and the exit code are then the program's own."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606 - our own program
