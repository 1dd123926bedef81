"""`make test` and `make check`: each part runs, and all that failed is named at the end."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from . import debian
from .environment import BIN, PYTHON
from .say import Stop, line, run

QUICK = (
    ("lint", (BIN / "ruff", "check", ".")),
    ("form", (BIN / "ruff", "format", "--check", "-q", ".")),
    ("imports", (BIN / "lint-imports", "--no-logo")),
    ("types", (BIN / "mypy", "--no-error-summary")),
    ("house rules", (PYTHON, "-m", "pytest", "tests/house", "-m", "not django_db")),
)
# What lives by the database (statements of our own, triggers, races): once more on the oldest PostgreSQL supported.
ON_DATABASE = (
    "tests/database", "tests/races",
    "huizhen/kernel", "huizhen/people/organisations", "huizhen/records/patients", "huizhen/records/merging",
    "huizhen/consult/joint/tests", "huizhen/consult/suggestions",
    "huizhen/lab/specimens", "huizhen/lab/results", "huizhen/lab/reporting", "huizhen/lab/lookup", "huizhen/board",
)  # fmt: skip
# Three workers on two processors: starting programs and browsers is a good part waiting.
PYTEST = (PYTHON, "-m", "pytest", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "--durations", "10")


def check() -> int:
    """Lint, form, import contracts, types and the quick house rules."""
    return _sum_up(_parts(QUICK))


def everything() -> int:
    """The quick checks, every test on the embedded database, and the database's tests on Debian's PostgreSQL."""
    debian.ensure()
    failed = _parts(QUICK[:-1])
    try:
        failed += _parts([("tests", PYTEST)])
        programs = debian.second_postgres()
        if programs:
            name = f"database tests on PostgreSQL {programs.parent.name}"
            failed += _parts([(name, [*PYTEST, *ON_DATABASE])], TEST_POSTGRES=str(programs))
        else:
            line("• No second PostgreSQL on this machine: the database tests ran on the embedded one only.")
    finally:
        run([PYTHON, "-m", "tests.servers", "stop"], why="A test database may still run.")
    return _sum_up(failed)


def _parts(parts: Sequence[tuple[str, Sequence[str | Path]]], **environ: str) -> list[str]:
    """Run each part; return the names of those that failed."""
    failed = []
    for name, command in parts:
        line(f"\n• {name}")
        started = time.monotonic()
        try:
            run(command, why="", env=_environ(environ))
        except Stop as stop:
            failed.append(name)
            line(f"  ✗ {stop}")
        line(f"  {time.monotonic() - started:.0f} s")
    return failed


def _environ(more: dict[str, str]) -> dict[str, str]:
    """The environment of tests: what a person set for running the program must not reach them."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HUIZHEN_")}
    # Container images often forbid Python to keep what it compiled: every process of a test would compile all anew.
    for name in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE"):
        own.pop(name, None)
    return own | {"HUIZHEN_DEMO": "yes"} | more


def _sum_up(failed: list[str]) -> int:
    line("\n✗ failed: " + ", ".join(failed) if failed else "\n✓ all is well")
    return 1 if failed else 0
