"""`make test` and `make check`."""

from .environment import BIN
from .say import run

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
)


def check() -> int:
    """Lint, form, import contracts, types and the quick house rules."""
    for program, *arguments in CHECKS:
        run([BIN / program, *arguments], why="")
    return 0


def everything() -> int:
    check()
    return 0
