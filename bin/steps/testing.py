"""`make test` and `make check`: each part runs, and all that failed is named at the end."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

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
PYTEST = (PYTHON, "-m", "pytest", "--dist", "loadfile", "--no-loadscope-reorder", "--durations", "10")
# More workers than the two processors of CI: starting programs and browsers is a good part waiting. Where one dies, as
# it does when a test hangs, no other takes its place: that one would begin with the test that hung.
WORKERS = ("-n", "3", "--max-worker-restart", "0")


def check() -> int:
    """Lint, form, import contracts, types and the quick house rules."""
    return _sum_up(_parts(QUICK))


def everything() -> int:
    """The quick checks, every test on the embedded database, and the database's tests on Debian's PostgreSQL.

    The tests come first, and what only reads the code beside them: starting houses and browsers is waiting.
    """
    debian.ensure()
    programs = debian.second_postgres()
    try:
        with ThreadPoolExecutor(max_workers=1) as beside:
            others = [beside.submit(_part, name, command, aside=True) for name, command in QUICK[:-1]]
            try:
                failed = _parts([("tests", [*PYTEST, *WORKERS])])
            except KeyboardInterrupt:
                beside.shutdown(wait=False, cancel_futures=True)
                raise
            failed += [name for other in others for name in other.result()]
        if programs:
            name = f"database tests on PostgreSQL {programs.parent.name}"
            failed += _part(name, [*PYTEST, *WORKERS, *ON_DATABASE], TEST_POSTGRES=str(programs))
        else:
            line("• No second PostgreSQL on this machine: the database tests run on the embedded one only.")
    finally:
        run([PYTHON, "-m", "tests.servers", "stop"], why="A test database may still run.")
    return _sum_up(failed)


def _parts(parts: Sequence[tuple[str, Sequence[str | Path]]]) -> list[str]:
    """Run each part; return the names of those that failed."""
    return [failed for name, command in parts for failed in _part(name, command)]


def _part(name: str, command: Sequence[str | Path], *, aside: bool = False, **environ: str) -> list[str]:
    """Run one part; return its name if it failed. `aside`: something else is talking; all is said at the end."""
    failed, started = [], time.monotonic()
    if not aside:
        line(f"\n• {name}")
    with TemporaryFile("w+") as said:
        options: dict[str, Any] = {"stdout": said, "stderr": said} if aside else {}
        try:
            run(command, why="", env=_environ(environ), **options)
            end = []
        except Stop as stop:
            failed, end = [name], [f"  ✗ {stop}"]
        said.seek(0)
        told = [f"\n• {name}", said.read().rstrip()] if aside else []
    line("\n".join([*filter(None, told), *end, f"  {time.monotonic() - started:.0f} s"]))
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
