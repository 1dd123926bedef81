"""The whole house as `huizhen up` starts it: how soon the second start shows a page, and what it takes at rest.

Memory is the sum of the proportional shares (PSS) of the supervisor and everything below it, so that what processes
share counts once; the plain sum of resident sizes (RSS) stands beside it.
"""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.api import HOST, wait_until_answered
from bench.figures import Figures
from bench.ground import environment, fill_tables, fresh_folder
from bench.processes import family, processor_seconds
from huizhen.config import embedded
from huizhen.config.embedded import DATABASE, Embedded
from huizhen.kernel.fakes.ports import free_port

PORTS = ("WEB", "LIVE", "LOOKUP", "SIMULATORS", "SIMULATORS_MAIL", "MLLP", "ASTM", "DICOM")
PAGE = "/account/login/"
# Quiet: over so many seconds less than this share of one processor.
QUIET_SECONDS, QUIET_SHARE, QUIET_WITHIN_SECONDS = 5.0, 0.2, 300.0
FIRST_START_SECONDS, STOP_SECONDS = 600, 60
FIELDS = {"pss": re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE), "rss": re.compile(r"^Rss:\s+(\d+) kB", re.MULTILINE)}


def measure(
    figures: Figures, *, var: Path, rest_seconds: float, demo: bool, tables: Path | None = None
) -> None:  # fmt: skip
    """Start twice in a fresh folder, and let it rest. With a dump of `tables` the first start has little to
    migrate."""
    folder = fresh_folder(var / "house")
    if tables:
        prepare(Embedded(folder / "postgres"), tables)
    ports = {f"HUIZHEN_{name}_PORT": str(free_port()) for name in PORTS}
    environ = environment(folder, HUIZHEN_DEMO_LOAD="yes" if demo else "no", **ports)
    page = f"http://{HOST}:{ports['HUIZHEN_WEB_PORT']}{PAGE}"
    with up(environ, var / "house.log"):
        wait_until_answered(page, within=FIRST_START_SECONDS)
    began = time.monotonic()
    with up(environ, var / "house.log") as process:
        wait_until_answered(page)
        figures.add("second_start_seconds", "second start: first page", time.monotonic() - began, "s", most=6)
        if rest_seconds:
            wait_until_quiet(process.pid)
            time.sleep(rest_seconds)
        shares = memory(process.pid)
    figures.add("rest_mb", "all processes at rest, the database included (PSS)", shares["pss"], "MB", most=700)
    figures.add("rest_rss_mb", "… the same as plain sum (RSS, shared pages many times)", shares["rss"], "MB")


def prepare(server: Embedded, tables: Path) -> None:
    """The tables where the first start looks for them."""
    embedded.start(server)
    fill_tables(server, DATABASE, tables)
    embedded.stop(server)


def wait_until_quiet(root: int, *, within: float = QUIET_WITHIN_SECONDS) -> None:
    """Wait until a process and all below it hardly work any more: what the demonstration left to do is no rest."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        before = processor_seconds(root)
        time.sleep(QUIET_SECONDS)
        if processor_seconds(root) - before < QUIET_SECONDS * QUIET_SHARE:
            return


@contextmanager
def up(environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`huizhen up`, and Ctrl-C at the end."""
    with log.open("a") as out:
        line = [sys.executable, "-m", "huizhen.config.cli", "up"]
        process = subprocess.Popen(line, env=environ, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_SECONDS)


def memory(root: int) -> dict[str, float]:
    """Megabytes of a process and everything below it."""
    texts = [_rollup(pid) for pid in family(root)]
    return {
        name: sum(int(found[1]) for text in texts if (found := pattern.search(text))) * 1024 / 1e6
        for name, pattern in FIELDS.items()
    }


def _rollup(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return ""
